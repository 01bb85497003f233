"""Mail that lies in files: mbox, Maildir and .eml, filed by the same path as mail that comes from a server."""
