"""Studies of what one layer gives for several images."""
