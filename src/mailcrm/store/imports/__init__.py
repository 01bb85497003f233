"""Imports of customers: whom rows are about, writing them, and taking them back."""
