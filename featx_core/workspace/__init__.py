"""The one file that holds a session."""
