"""Studies of models that the user brings."""
