"""Measures of feature spaces and of classifiers. Arrays in, numbers out."""
