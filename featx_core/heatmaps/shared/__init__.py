"""Colours that mean the same in several images."""
