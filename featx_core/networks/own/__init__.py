"""The user's own models: `.keras` files, inspected before Keras sees them, and then a network like any other."""
