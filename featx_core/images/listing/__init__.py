"""Very many images as columns, and their order."""
