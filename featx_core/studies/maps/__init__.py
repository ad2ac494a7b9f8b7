"""Studies of maps: drawing, placing, judging."""
