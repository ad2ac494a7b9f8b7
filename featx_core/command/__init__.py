"""featx on a command line: extract, project, compare, check, and the app."""
