"""What a mail tells of its sender besides the address: the fields of a signature, and of a card that comes along."""
