"""What columns of a table mean."""
