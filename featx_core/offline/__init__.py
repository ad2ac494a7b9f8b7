"""HTML files that need no server: the map, and a session as one page."""
