"""What the worker is asked to do: jobs and questions as data, and the functions that do them."""
