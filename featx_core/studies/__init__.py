"""Every result that a workspace keeps beside features: one file a kind."""
