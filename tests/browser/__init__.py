"""Public pages in a real browser."""
