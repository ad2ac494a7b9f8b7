"""How large a model of the user may be."""

MAX_FILE_BYTES = 200_000_000
MAX_PARAMETERS = 150_000_000
MAX_LAYERS = 5_000
MAX_SIDE = 1024
MAX_VALUES_A_LAYER = 2**27
"""In the output of a layer for one image: half a gigabyte."""

CHANNELS = (1, 3)
FREE_SIDE = 224
"""Where a model takes images of any size."""
