"""How each kind of spec is outlined, built and trained: one file a method, and the registry of them all."""
