"""Tables of numbers from CSV, NPY, NPZ and Parquet files."""
