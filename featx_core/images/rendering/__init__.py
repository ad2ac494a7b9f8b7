"""How pixels as stored become pictures of 8 bits: scaling, and channels as colours."""
