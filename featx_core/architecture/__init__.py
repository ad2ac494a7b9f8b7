"""Network architectures without weights: layers, their shapes, and the layers of custom networks."""
