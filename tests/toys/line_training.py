"""A line that is learnt: the smallest training there is."""

import numpy as np

from featx_core.base.keras_setup import load_keras
from featx_core.base.progress import Cancelled, Stages
from featx_core.learning.batches import ArrayBatches
from featx_core.learning.loop import fit
from featx_core.learning.seeding import seeded

INPUTS = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


TARGETS = (INPUTS @ np.array([[1.0], [-2.0], [0.5]], np.float32)).astype(np.float32)


def line(learning_rate=0.1, *, momentum=0.0):
    keras = load_keras()
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(learning_rate, momentum=momentum), loss="mse")
    return model


def batches(seed=3, **options):
    return ArrayBatches(INPUTS, TARGETS, batch_size=8, seed=seed, **options)


def trained(**options):
    with seeded(5):
        model = line()
        history = fit(model, batches(), **{"epochs": 3, "report": Stages(), **options})
    return model, history


class CancelAt:
    """A report that cancels at one step."""

    def __init__(self, step):
        self.step, self.stages = step, []

    def stage(self, name, *, limit_seconds=None):
        self.stages.append(name)

    def __call__(self, done, total):
        if done >= self.step:
            raise Cancelled
