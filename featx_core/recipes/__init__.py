"""Recipes: a run as a script and a notebook that give the same features without featx."""
