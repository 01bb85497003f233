"""Who is the same customer, as it is kept: profiles and keys to compare by, edges that join, pairs that humans look at."""
