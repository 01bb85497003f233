"""Scripted IMAP servers that behave like the big providers, quirk by quirk."""
