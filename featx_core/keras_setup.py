"""The one place where Keras is imported: which backend it uses, and how much it says."""

import os
from types import ModuleType


def load_keras() -> ModuleType:
    """Import Keras on TensorFlow, with few log lines. Takes seconds the first time.

    Returns:
        The module `keras`.

    Raises:
        RuntimeError: If Keras was already imported with another backend, or with channels first.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    settings = (keras.backend.backend(), keras.backend.image_data_format())
    if settings != ("tensorflow", "channels_last"):
        raise RuntimeError(
            f"featx needs Keras on TensorFlow with channels last. Received: {settings[0]} with {settings[1]}. "
            "Import featx before Keras, and remove other settings from keras.json."
        )
    return keras
