"""Training: the loop that all methods share, its history, and how what was learned is kept in a workspace."""
