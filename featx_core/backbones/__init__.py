"""The backbones as rows of facts, and where the files with their weights are."""
