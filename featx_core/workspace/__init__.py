"""The workspace: one SQLite file that holds a session."""
