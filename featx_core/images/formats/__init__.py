"""File formats whose pixels or structure are read here rather than by Pillow."""
