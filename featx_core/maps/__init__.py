"""Projections to two or three dimensions, and measures of their trustworthiness."""
