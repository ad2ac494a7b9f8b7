"""Robustness: how features react to small changes of images."""
