"""Mail in files."""
