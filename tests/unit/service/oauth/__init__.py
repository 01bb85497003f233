"""OAuth against a real authorization server on this machine."""
