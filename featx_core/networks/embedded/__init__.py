"""The backbone that ships with featx: its network, its weights and its model card."""
