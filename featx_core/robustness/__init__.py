"""How features react when images change a little."""
