"""Customers as values that leave the archive, and the log of what left."""
