"""What a recipient reads: templates, links and the MIME message. The same values always give the same bytes."""
