"""The error of an image that cannot be used."""


class ImageError(ValueError):
    """An image that cannot be used, and why, in words that can follow its name."""
