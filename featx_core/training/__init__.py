"""Training: the loop that all methods share, its history, and how what was learned is kept in a workspace."""

from featx_core.training.batches import ArrayBatches, Batches
from featx_core.training.history import Epoch, History
from featx_core.training.loop import MAX_EPOCHS, MAX_SECONDS, TrainingError, fit
from featx_core.training.record import (
    Learned,
    Live,
    Record,
    find_record,
    learn_once,
    record_of_weights,
    training_key,
)
from featx_core.training.seeding import seeded
from featx_core.training.weight_arrays import assign_arrays, read_arrays, write_arrays

__all__ = [
    "MAX_EPOCHS",
    "MAX_SECONDS",
    "ArrayBatches",
    "Batches",
    "Epoch",
    "History",
    "Learned",
    "Live",
    "Record",
    "TrainingError",
    "assign_arrays",
    "find_record",
    "fit",
    "learn_once",
    "read_arrays",
    "record_of_weights",
    "seeded",
    "training_key",
    "write_arrays",
]
