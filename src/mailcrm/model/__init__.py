"""Values and rules that more than one room needs. Pure: no clock, no database, no network."""
