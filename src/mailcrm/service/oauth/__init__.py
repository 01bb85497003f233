"""Signing in by OAuth: once by hand (`signing_in`), then by tokens that are renewed before they end (`tokens`)."""
