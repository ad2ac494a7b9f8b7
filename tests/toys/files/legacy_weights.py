"""Weights files as Keras publishes them."""

import io

import h5py


def legacy_file(network):
    """The form in which Keras publishes its weights."""
    from keras.src.legacy.saving import legacy_h5_format

    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    return out.getvalue()
