"""What every room stands on: progress, wording, folders, the processor, memory, colours, Keras."""
