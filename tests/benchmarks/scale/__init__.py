"""Maps and comparisons of many rows."""
