"""The way to the mail server: the only door through which mail leaves mailcrm."""
