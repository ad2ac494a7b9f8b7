"""Networks that are kept as converted graphs: they run without TensorFlow being imported."""
