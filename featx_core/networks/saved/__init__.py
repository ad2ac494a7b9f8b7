"""Imported weights files: their format, their models, and how they match a network."""
