"""`mailcrm demo`: the whole river on embedded servers with sample mail, no account needed, nothing left running."""
