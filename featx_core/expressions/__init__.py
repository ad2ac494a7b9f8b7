"""A small language for functions of one row of numbers: read by our own walk, computed by NumPy or by Keras."""
