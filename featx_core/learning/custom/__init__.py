"""How custom networks are trained: on labels, by contrast, or as an autoencoder."""
