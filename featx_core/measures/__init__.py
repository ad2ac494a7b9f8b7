"""Measures of feature spaces and of classifiers."""
