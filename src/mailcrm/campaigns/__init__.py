"""From a segment to sent mail: who would be reached, what they read, and what became of every single mail."""
