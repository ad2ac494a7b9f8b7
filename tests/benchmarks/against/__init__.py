"""Measurements of this build against another checkout, in one run, by turns."""
