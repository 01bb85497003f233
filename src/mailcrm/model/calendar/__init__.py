"""Calendars: lunar days, when a day that matters comes round, and how people write it (docs/lunar.md)."""
