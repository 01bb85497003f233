"""OAuth: who is asked for tokens and how, and where an account's access token comes from."""
