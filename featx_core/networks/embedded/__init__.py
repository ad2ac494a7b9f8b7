"""The embedded backbone: its network, its weights and its model card."""
