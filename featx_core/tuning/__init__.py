"""Fine-tuning: which images are learned from, the new layers, the two phases, and what the result is worth."""
