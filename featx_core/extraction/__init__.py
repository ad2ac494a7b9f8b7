"""Extraction: from images to features, stored in a workspace and exported to files."""
