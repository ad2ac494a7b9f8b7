"""File formats that are read here rather than by Pillow."""
