"""Training of custom networks on the images of a workspace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.keras_setup import load_keras
from featx_core.base.wording import counted
from featx_core.images.decoding import ImageError
from featx_core.images.image_set import ImageSet
from featx_core.learning.batches import ArrayBatches
from featx_core.learning.custom.autoencoder import autoencoder_model
from featx_core.learning.custom.contrast import Views, contrast_model
from featx_core.learning.fine_tuning.examples import check_labels, choose_examples, labelled
from featx_core.learning.loop import TrainingError, fit
from featx_core.learning.record import TrainedWeights
from featx_core.learning.seeding import seeded
from featx_core.networks.initialization import randomize
from featx_core.networks.sequential import build_network

if TYPE_CHECKING:
    import keras

    from featx_core.base.progress import StageCallback
    from featx_core.images.image_set import ImageRecord
    from featx_core.learning.batches import Batches
    from featx_core.learning.loop import Watch
    from featx_core.specs.custom_sequential import CustomSequential

READING = "Reading the images"
TRAINING = "Training"
MIN_IMAGES = 8
VALIDATION_SHARE = 0.2
MAX_BYTES = 2**30
"""Of pixels that are held for training. Of more images, a seeded sample is taken."""

PATIENCE = 10
"""Epochs without a better one on the images held out, after which training ends."""


@dataclass(frozen=True, eq=False)
class _Task:
    """What is learned: a model around the network, its examples, and what to tell of them."""

    model: keras.Model
    batches: Batches
    validation: Batches | None
    facts: Mapping[str, Any] = field(default_factory=dict)


def learn(spec: CustomSequential, images: ImageSet, report: StageCallback, watch: Watch) -> TrainedWeights:
    """Train the network of a spec, from the random weights of its seed.

    Args:
        spec: One whose `weights` is a key of `LEARNINGS`.
        images: Those of the workspace, with labels.
        report: Told of the stages.
        watch: Told the history after each epoch.

    Returns:
        The weights of the network without the layers that were added for training, and the history.

    Raises:
        TrainingError: If these images cannot be learned from. The message says what is missing.
    """
    with seeded(spec.seed):
        network = build_network(spec.layers, spec.input_shape)
        randomize(network, spec.picture_input.preprocessing, spec.seed)
        task = _TASKS[spec.weights](spec, network, images, report)
        history = fit(
            task.model,
            task.batches,
            epochs=spec.epochs,
            report=report,
            validation=task.validation,
            stage=TRAINING,
            patience=None if task.validation is None else PATIENCE,
            on_epoch=watch,
        )
    return TrainedWeights(
        [np.asarray(variable) for variable in network.weights], history, {"learning": spec.weights, **task.facts}
    )


def pooled(network: keras.Model) -> keras.KerasTensor:
    """Return the last output as one row: a map is averaged over its places."""
    output = network.output
    return load_keras().layers.GlobalAveragePooling2D()(output) if len(output.shape) == 4 else output


def _by_labels(spec: CustomSequential, network: keras.Model, images: ImageSet, report: StageCallback) -> _Task:
    check_labels(images, work="Training on labels")
    chosen = labelled(images)
    classes = sorted({str(record.label) for record in chosen})
    examples = choose_examples(chosen, classes, VALIDATION_SHARE, spec.seed, report)
    rows, pixels = _read(examples.images, spec, report)
    codes, held = examples.codes[rows], examples.is_validation[rows]
    keras = load_keras()
    model = keras.Model(network.input, keras.layers.Dense(len(classes), activation="softmax")(pooled(network)))
    optimizer = keras.optimizers.Adam(spec.learning_rate)
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    counts = {"n_training": int(np.sum(~held)), "n_validation": int(np.sum(held))}
    sides = {"training": rows[~held], "digests": rows[held]}
    digests = {side: [examples.images[int(row)].digest for row in of_side] for side, of_side in sides.items()}
    return _Task(model, *_batches(spec, pixels, codes, held), {"classes": classes, **counts, **digests})


def _by_contrast(spec: CustomSequential, network: keras.Model, images: ImageSet, report: StageCallback) -> _Task:
    _, pixels = _read(_different(images), spec, report)
    model = contrast_model(network, pooled(network), spec.learning_rate)
    views = Views(pixels, spec.picture_input.preprocessing, batch_size=spec.batch_size, seed=spec.seed)
    return _Task(model, views, None, {"n_training": len(pixels)})


def _by_drawing(spec: CustomSequential, network: keras.Model, images: ImageSet, report: StageCallback) -> _Task:
    _, pixels = _read(_different(images), spec, report)
    held = np.zeros(len(pixels), bool)
    held[np.random.default_rng(spec.seed).permutation(len(pixels))[: round(VALIDATION_SHARE * len(pixels))]] = True
    facts = {"n_training": int(np.sum(~held)), "n_validation": int(np.sum(held))}
    return _Task(autoencoder_model(network, spec.learning_rate), *_batches(spec, pixels, None, held), facts)


_TASKS: Mapping[str, Callable[[CustomSequential, keras.Model, ImageSet, StageCallback], _Task]] = MappingProxyType(
    {"labels": _by_labels, "contrast": _by_contrast, "autoencoder": _by_drawing}
)


def _batches(
    spec: CustomSequential, pixels: np.ndarray, codes: np.ndarray | None, held: np.ndarray
) -> tuple[Batches, Batches]:
    """Batches for training and validation. Without codes, the input is its own target."""

    def part(rows: np.ndarray, seed: int | None) -> Batches:
        targets = None if codes is None else codes[rows]
        made = ArrayBatches(pixels[rows], targets, batch_size=spec.batch_size, seed=seed, change=prepare)
        return made if codes is not None else _OwnTargets(made)

    def prepare(batch: np.ndarray, rows: np.ndarray, epoch: int) -> np.ndarray:
        return spec.picture_input.preprocessing(batch)

    return part(np.flatnonzero(~held), spec.seed), part(np.flatnonzero(held), None)


@dataclass(frozen=True)
class _OwnTargets:
    """Batches whose inputs are also their targets."""

    batches: ArrayBatches

    def __len__(self) -> int:
        return len(self.batches)

    def epoch(self, number: int) -> Any:
        return ((inputs, inputs) for inputs, *_ in self.batches.epoch(number))


def _different(images: ImageSet) -> ImageSet:
    """Return one image of each content, sorted by it.

    Raises:
        TrainingError: If they are too few.
    """
    by_digest: dict[str, ImageRecord] = {}
    for record in images:
        by_digest.setdefault(record.digest, record)
    if len(by_digest) < MIN_IMAGES:
        raise TrainingError(
            f"Training without labels needs at least {MIN_IMAGES} different images. Received: "
            f"{counted(len(by_digest), 'image')}. Add more images, or use random weights."
        )
    return ImageSet(by_digest[digest] for digest in sorted(by_digest))


def _read(images: ImageSet, spec: CustomSequential, report: StageCallback) -> tuple[np.ndarray, np.ndarray]:
    """Read images at the size of the network: the rows that could be read, and uint8 pixels."""
    height, width = spec.image_size
    most = max(1, MAX_BYTES // (3 * height * width))
    rows = np.sort(np.random.default_rng(spec.seed).permutation(len(images))[:most])
    report.stage(READING)
    kept, pixels = [], []
    for done, row in enumerate(rows):
        report(done, len(rows))
        try:
            pixels.append(images[int(row)].fitted(spec.image_size, spec.fit))
            kept.append(row)
        except (ImageError, KeyError):
            continue
    if len(pixels) < MIN_IMAGES:
        raise TrainingError(
            f"Only {counted(len(pixels), 'image')} could be read; training needs at least {MIN_IMAGES}. Add more images."
        )
    return np.array(kept), np.stack(pixels)
