"""Reading mailboxes over IMAP, and never changing anything in them; the only owner of imapclient and imaplib."""
