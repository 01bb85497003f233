"""Customer records become files, one record after the other."""
