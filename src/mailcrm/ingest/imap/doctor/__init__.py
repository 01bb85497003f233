"""Looks deeply at one mailbox: a probe that sees, step by step, and deciders that say what it means and what to do."""
