"""Who is the same customer, and who is a customer at all. First rung: one address, one party; merging comes later."""
