"""What a network looks like before it is built: its layers, their shapes, and the layers of custom networks."""
