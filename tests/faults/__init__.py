"""Connections that end at any byte: after the next whole pass the archive is as if nothing had happened."""
