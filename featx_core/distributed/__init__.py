"""Extraction on many machines, by Ray Data: parts of features in a folder that all of them reach."""
