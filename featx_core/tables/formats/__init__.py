"""Readers of the table formats."""
