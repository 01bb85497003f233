"""The command line: one file per noun. Parses, calls, prints; rules and SQL live below."""
