"""From images and an extractor to features, kept in the workspace and written to files."""
