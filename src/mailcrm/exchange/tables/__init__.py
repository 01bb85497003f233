"""Tables in files, whatever the format: rows with the numbers that a spreadsheet program shows."""
