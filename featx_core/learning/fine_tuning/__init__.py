"""Fine-tuning: the images, the new layers, the two phases, and the report on held-out images."""
