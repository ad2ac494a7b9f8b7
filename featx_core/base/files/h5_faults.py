"""What `h5py` raises for files of weights that are damaged or lie."""

H5_FAULTS: tuple[type[Exception], ...] = (
    OSError,
    LookupError,
    ValueError,
    TypeError,
    RuntimeError,
    AttributeError,
    ArithmeticError,  # a size beyond all whole numbers
    MemoryError,
)
