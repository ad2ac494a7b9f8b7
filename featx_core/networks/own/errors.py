"""What is wrong with a model that the user brought."""


class ModelFileError(ValueError):
    """A model that cannot be read or used, and why. Inside this room the message follows the name of the file."""
