"""How things that featx ships were made. featx never imports this."""
