"""Studies: every result that a workspace stores besides features. One file per kind."""
