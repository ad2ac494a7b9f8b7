"""Training of custom networks: on labels, by contrast, or as an autoencoder."""
