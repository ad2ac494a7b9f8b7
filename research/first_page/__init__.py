"""How the three pictures of the first page were made: `python -m research.first_page`."""
