"""Specs: descriptions of extractors, as data."""
