"""Benchmarks of the networks of KerasHub. They need that package."""
