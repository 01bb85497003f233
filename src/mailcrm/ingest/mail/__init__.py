"""Understanding mail: bytes in, values out. Everything here is a pure decider (no store, no clock, no network)."""
