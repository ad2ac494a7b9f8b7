"""Networks with their weights: extractors, engines, weights files, and the backbone that ships."""
