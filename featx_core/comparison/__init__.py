"""Which extractor serves these images best: scores, similarities, tests and a verdict."""
