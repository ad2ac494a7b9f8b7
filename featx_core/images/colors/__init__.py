"""The colours that a file declares, brought to sRGB."""
