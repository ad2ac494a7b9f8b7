"""Foundations used everywhere: progress, wording, folders, the processor, memory, colours, Keras."""
