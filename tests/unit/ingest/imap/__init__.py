"""Tests of the IMAP engine without a provider: deciders, answers, and the connection itself."""
