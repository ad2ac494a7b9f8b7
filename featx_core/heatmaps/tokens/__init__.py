"""What the tokens of a transformer attend to, read while it runs, and the heatmaps that are made of it."""
