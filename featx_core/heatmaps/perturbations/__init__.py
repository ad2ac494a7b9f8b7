"""Scores of changed images, and the heatmaps that are made of them."""
