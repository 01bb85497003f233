"""Personal names: how they are taken apart, how rare they are, and whether two of them may be one person's."""
