"""Predictions: what networks that were trained on ImageNet call the images of a set."""
