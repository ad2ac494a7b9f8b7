"""The order of very many images, and searches among them."""
