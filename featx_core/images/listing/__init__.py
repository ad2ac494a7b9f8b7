"""Very many images as columns."""
