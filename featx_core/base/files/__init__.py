"""Names of files, folders, digests and the way bytes are kept."""
