"""Heatmaps of attention: how its matrices become a map, and which networks have any."""
