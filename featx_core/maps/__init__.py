"""Projections to two or three dimensions, and how far to trust them. Arrays in, coordinates out."""
