"""The backbone that ships with featx: its network, its weights, and the scripts that made them."""
