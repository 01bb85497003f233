"""The text of files that come with mail: bytes in, text out. Pure, and run only in a child process with limits."""
