"""Tests of the room where mail comes in."""
