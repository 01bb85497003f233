"""Unit tests of the web face: words and pages, without a server."""
