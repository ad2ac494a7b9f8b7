"""How faithful heatmaps are: what happens to a target as an image loses, or gains, what a map calls important."""
