"""Conversion of declared colours to sRGB."""
