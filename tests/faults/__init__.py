"""Everything that can go wrong between us and a server: after the next whole pass the archive is as if nothing had."""
