"""The rows that several studies look at."""
