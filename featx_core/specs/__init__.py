"""Specs: what is asked, as data."""
