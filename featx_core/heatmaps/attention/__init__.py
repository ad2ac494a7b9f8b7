"""Heatmaps of what the tokens of transformers attend to."""
