"""Tasks of the worker: jobs and questions as data, and the functions that run them."""
