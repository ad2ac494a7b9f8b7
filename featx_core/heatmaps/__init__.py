"""Where a network sees something in an image: heatmaps, feature maps, and the targets that they explain."""
