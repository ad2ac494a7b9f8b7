"""Pictures made by whole numbers alone: the same on every machine, for numbers that were computed elsewhere."""

import numpy as np


def whole_number_pictures(side: int) -> np.ndarray:
    """Slanted ramps with a disc in which they are turned over, and rings on a checkerboard.

    Returns:
        uint8 RGB `(2, side, side, 3)`.
    """
    rows, columns = np.mgrid[:side, :side]
    ramps = np.stack([rows * (3 + k) + columns * (5 - 2 * k) + rows * columns // 16 for k in range(3)], axis=-1) % 256
    distance = (rows - side // 2) ** 2 + (columns - side // 3) ** 2
    disc = (distance < (side // 4) ** 2)[..., np.newaxis]
    squares = (rows // 16 + columns // 16) % 2
    rings = np.stack([distance // (20 + 9 * k) % 128 + squares * (127 - 40 * k) for k in range(3)], axis=-1)
    return np.stack([np.where(disc, 255 - ramps, ramps), rings]).astype(np.uint8)
