"""Names of companies: the key that spellings of one share, and how likely two names are one company's."""
