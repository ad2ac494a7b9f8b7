"""Studies whose result is a file to take away."""
