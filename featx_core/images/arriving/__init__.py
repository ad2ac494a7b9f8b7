"""Files on their way into a workspace."""
