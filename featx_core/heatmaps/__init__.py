"""Explanations of a network on an image: heatmaps, feature maps, and the targets of heatmaps."""
