"""Tables read in processes of their own."""
