"""Full-text search: `documents` (the text of a mail), `words` (what each engine keeps of it), `index` (who writes it),
`match` (a search as SQL), `find` (hits)."""
