"""Getting data in and out: sheets, cards and JSON become customer records, and records become files."""
