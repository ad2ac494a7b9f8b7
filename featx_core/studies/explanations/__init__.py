"""Studies of heatmaps as such."""
