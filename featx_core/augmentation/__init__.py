"""Random changes of pictures: which there are, and how they are applied outside and inside of training."""
