"""The room where mail comes in: from a mailbox to bytes, from bytes to messages, from messages to the archive."""
