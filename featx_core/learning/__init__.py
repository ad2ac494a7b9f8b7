"""Training: the shared training loop, its history, and how trained weights are stored in a workspace."""
