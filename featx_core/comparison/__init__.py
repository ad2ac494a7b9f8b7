"""Comparison of extractors on one set of images: scores, similarities, tests and a verdict."""
