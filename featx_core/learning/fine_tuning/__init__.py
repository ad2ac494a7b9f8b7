"""Fine-tuning: training images, new layers, two phases, and a report on held-out images."""
