"""The two phases of fine-tuning: the new layers on frozen features, then the last stages of the network."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.base.keras_setup import load_keras
from featx_core.base.progress import StageCallback
from featx_core.extraction.extract import extract
from featx_core.learning.batches import ArrayBatches
from featx_core.learning.fine_tuning.examples import Examples
from featx_core.learning.fine_tuning.image_batches import PictureBatches, Pictures
from featx_core.learning.fine_tuning.network import add_head, compile_classifier, set_trainable
from featx_core.learning.history import History
from featx_core.learning.loop import TrainingError, fit
from featx_core.learning.record import TrainedWeights
from featx_core.learning.seeding import seeded
from featx_core.learning.weight_arrays import assign_arrays
from featx_core.measures.probes import held_out_probe

if TYPE_CHECKING:
    import keras

    from featx_core.learning.record import Live
    from featx_core.networks.extractor import Extractor
    from featx_core.specs.fine_tuned import FineTuned
    from featx_core.workspace.workspace import Workspace

HEAD, STAGES = "new layers", "last stages"
BUILDING = "Building the base network"
EXTRACTING = "Extracting features of the base"
CHANGING = "Extracting features of augmented copies"
TRAINING_HEAD = "Training the new layers"
TRAINING_STAGES = "Training the last stages"
SILENT_SECONDS = 180.0
"""How long building (with a download) and the first batch may take."""


def fine_tune(
    spec: FineTuned,
    examples: Examples,
    workspace: Workspace,
    report: StageCallback,
    live: Live,
    *,
    build_base: Callable[[], Extractor],
) -> TrainedWeights:
    """Train the new layers of a spec, and the last stages of its base where it asks for that.

    Args:
        spec: What to train. Its base is trained.
        examples: What to learn from and to measure on.
        workspace: Where features of the base are looked up and kept.
        report: Told of the stages.
        live: Told the history after each epoch, and handed the best weights on the way.
        build_base: Makes the extractor of the base, when it is needed.

    Returns:
        The learned weights in the order of the layers, the history, and the facts that `tuning.report` reads.

    Raises:
        TrainingError: If nothing could be learned.
    """
    work = _FineTuning(spec, examples, workspace, report, build_base)
    features = work.base_features()
    with seeded(spec.seed):
        history = work.train_head(features, live)
        predicted = work.head_predictions(features)
        learned = TrainedWeights(_arrays(work.head.trainable_variables), history, work.facts(features, predicted))
        if not spec.unfrozen_stages or history.ending == "cancelled":
            return learned
        live.keep(lambda: _under_way(learned), at_once=True)
        return work.train_stages(learned, live)


class _FineTuning:
    """One fine-tuning."""

    def __init__(
        self,
        spec: FineTuned,
        examples: Examples,
        workspace: Workspace,
        report: StageCallback,
        build_base: Callable[[], Extractor],
    ) -> None:
        self._build_base = build_base
        self.spec, self.examples, self.workspace, self.report = spec, examples, workspace, report
        self.training = np.flatnonzero(~examples.is_validation)
        self.validation = np.flatnonzero(examples.is_validation)
        self.weights = _weights(examples.codes, self.training, balanced=spec.class_weights)
        self.head: keras.Model

    @functools.cached_property
    def extractor(self) -> Extractor:
        """The base, frozen."""
        self.report.stage(BUILDING, limit_seconds=SILENT_SECONDS)
        return self._build_base()

    @functools.cached_property
    def pictures(self) -> Pictures:
        return Pictures(self.examples.images, self.extractor)

    def base_features(self) -> np.ndarray:
        """Return the features of the base for all examples, from the workspace where they are there."""
        digests = self.examples.images.digests
        rows = self.workspace.vectors.load(self.spec.base.digest, digests)
        if len(rows) < len(set(digests)):
            extractor = self.extractor
            self.report.stage(EXTRACTING, limit_seconds=SILENT_SECONDS)
            found = extract(self.workspace.images(), extractor, workspace=self.workspace, on_progress=self.report)
            rows = dict(zip(found.digests, found.values, strict=True))
        missing = [record for record in self.examples.images if record.digest not in rows]
        if missing:
            missing[0].read()  # says so where it was taken out of the workspace meanwhile
            raise TrainingError(f"{missing[0].name} could not be read. Remove it from the workspace, then train again.")
        return _pooled(np.stack([rows[digest] for digest in digests]))

    def train_head(self, features: np.ndarray, live: Live) -> History:
        """Train the new layers on features; of changed copies, too, where that is asked for."""
        spec, keras = self.spec, load_keras()
        versions = np.stack([features, *self._copies(features.shape)])
        inputs = keras.layers.Input(features.shape[1:])
        n_classes = len(self.examples.classes)
        self.head = keras.Model(inputs, add_head(inputs, spec.units, spec.dropout, n_classes))
        compile_classifier(self.head, spec.optimizer, spec.learning_rate)

        def one_version(batch: np.ndarray, rows: np.ndarray, epoch: int) -> np.ndarray:
            draws = np.random.default_rng([spec.seed, epoch]).integers(0, len(versions), len(self.training))
            return np.asarray(versions[draws[rows], self.training[rows]])

        return fit(
            self.head,
            self._batches(features, self.training, seed=spec.seed, change=one_version),
            epochs=spec.epochs,
            report=self.report,
            validation=self._batches(features, self.validation),
            phase=HEAD,
            stage=TRAINING_HEAD,
            patience=spec.patience or None,
            on_epoch=lambda known: self._tell(known, self.head.trainable_variables, live),
        )

    def head_predictions(self, features: np.ndarray) -> np.ndarray:
        """Return the class scores of the validation images."""
        return np.asarray(self.head(features[self.validation], training=False))

    def train_stages(self, before: TrainedWeights, live: Live) -> TrainedWeights:
        """Train the last stages and the new layers together, from where the new layers are now."""
        spec, keras, base = self.spec, load_keras(), self.extractor
        scores = add_head(base.model.output, spec.units, spec.dropout, len(self.examples.classes))
        network = keras.Model(base.network.input, scores)
        assign_arrays(set_trainable(network, 0), before.arrays)
        variables = set_trainable(network, spec.unfrozen_stages)
        compile_classifier(network, spec.optimizer, spec.tuning_learning_rate)
        size = min(spec.batch_size, base.batch_size)
        after = fit(
            network,
            self._picture_batches(self.training, size, seed=spec.seed, transforms=spec.augmentation),
            epochs=spec.tuning_epochs,
            report=self.report,
            validation=self._picture_batches(self.validation, size),
            phase=STAGES,
            stage=TRAINING_STAGES,
            patience=spec.patience or None,
            counts_start=True,
            on_epoch=lambda known: self._tell(before.history.then(known), variables, live),
        )
        history, facts = before.history.then(after), before.facts
        if after.best >= 0:
            parts = self._picture_batches(self.validation, size).epoch(0)
            predicted = np.concatenate([np.asarray(network(batch[0], training=False)) for batch in parts])
            facts = {**facts, **_answers(predicted)}
        return TrainedWeights(_arrays(variables), history, facts)

    def _tell(self, history: History, variables: Sequence[keras.Variable], live: Live) -> None:
        """Pass on the history, and the weights if this epoch is the best so far."""
        live(history)
        if history.best == len(history.epochs) - 1:
            live.keep(lambda: TrainedWeights(_arrays(variables), history))

    def facts(self, features: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
        """Collect the facts of the training: the validation images, the result, and a linear probe for comparison."""
        examples, rows = self.examples, self.validation
        probe = held_out_probe(features, examples.codes.tolist(), examples.is_validation, groups=examples.groups)
        return {
            "classes": list(examples.classes),
            "training": [examples.images[int(row)].digest for row in self.training],
            "training_counts": np.bincount(examples.codes[self.training], minlength=len(examples.classes)).tolist(),
            "names": [examples.images[int(row)].name for row in rows],
            "digests": [examples.images[int(row)].digest for row in rows],
            "truth": examples.codes[rows].tolist(),
            "groups": examples.groups[rows].tolist(),
            "probe_correct": [int(right) for right in probe],
            **_answers(predicted),
        }

    def _copies(self, shape: tuple[int, ...]) -> list[np.ndarray]:
        """Compute the features of changed copies of the training images; other rows stay zero, and are not looked at."""
        if not self.spec.augmentation:
            return []
        found, size = [], self.extractor.batch_size
        n_steps = self.spec.augmented_copies * len(self.training)
        self.report.stage(CHANGING, limit_seconds=SILENT_SECONDS)
        for copy in range(self.spec.augmented_copies):
            values = np.zeros(shape, np.float32)
            for start in range(0, len(self.training), size):
                self.report(copy * len(self.training) + start, n_steps)
                rows = self.training[start : start + size]
                changed = self.pictures.changed(rows, self.spec.augmentation, self.spec.seed, copy)
                values[rows] = _pooled(self.extractor(changed))
            found.append(values)
        return found

    def _batches(self, features: np.ndarray, rows: np.ndarray, **options: Any) -> ArrayBatches:
        parts = features[rows], self.examples.codes[rows], self.weights[rows]
        return ArrayBatches(*parts, batch_size=self.spec.batch_size, **options)

    def _picture_batches(self, rows: np.ndarray, size: int, **options: Any) -> PictureBatches:
        return PictureBatches(
            self.pictures, rows, self.examples.codes, self.weights, self.extractor, batch_size=size, **options
        )


def _arrays(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    return [variable.numpy() for variable in variables]


def _under_way(learned: TrainedWeights) -> TrainedWeights:
    """The same for a training that is still running."""
    return dataclasses.replace(learned, history=dataclasses.replace(learned.history, ending=""))


def _answers(scores: np.ndarray) -> dict[str, Any]:
    """The predicted class of each validation image, with its probability."""
    sure = [round(float(score), 6) for score in scores.max(axis=1)]
    return {"predicted": scores.argmax(axis=1).tolist(), "confidence": sure}


def _pooled(values: np.ndarray) -> np.ndarray:
    """Average maps over their places, as the new pooling layer does."""
    return values.mean(axis=(1, 2)) if values.ndim == 4 else values


def _weights(codes: np.ndarray, training: np.ndarray, *, balanced: bool) -> np.ndarray:
    """Weight classes equally, or images equally; weights average 1 over the training images."""
    if not balanced:
        return np.ones(len(codes), np.float32)
    counts = np.bincount(codes[training])
    return np.asarray(len(training) / (len(counts) * counts[codes]), np.float32)
