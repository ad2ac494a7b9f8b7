"""How the embedded backbone was made and judged. featx never imports this."""
