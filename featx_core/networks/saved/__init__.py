"""Files of weights that people bring: what they are, what they hold, and which part of it is a network of featx."""
