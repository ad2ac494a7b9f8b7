"""Networks and weights: extractors, engines, weights files, and the embedded backbone."""
