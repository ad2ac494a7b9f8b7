"""The backbones: their facts, and where their weights come from."""
