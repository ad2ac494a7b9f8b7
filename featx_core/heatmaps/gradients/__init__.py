"""Heatmaps from the activations of a layer and the gradient of a target, one method a file."""
