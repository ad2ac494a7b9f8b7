"""Studies that compare runs."""
