"""A small expression language for functions of one row of numbers, evaluated with NumPy or Keras."""
