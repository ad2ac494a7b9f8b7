"""The network with the heads that only training needs, and one step of training. On any backend of Keras."""

from __future__ import annotations

import keras  # noqa: TID253 - only training imports this file
import numpy as np
from keras import ops  # noqa: TID253

from featx_core.networks.embedded import network
from research.embedded_v1 import masks, textures
from research.embedded_v1.focus import apply_gains, channel_gains, cover_of
from research.embedded_v1.losses import (
    decoupled_contrastive,
    mask_cross_entropy,
    same_scene_or_class,
    weighted_cross_entropy,
)
from research.embedded_v1.views import Views, mix_scenes, random_views

SHAPE_WEIGHT, TEXTURE_WEIGHT, MASK_WEIGHT = 0.5, 0.5, 0.2
WEIGHT_DECAY = 0.02
SMALLEST_VISIBLE = 0.05
"""Share of a view that the main object must cover before its class is asked for in full."""


class _Training(keras.Model):
    """Scenes in, views inside, losses out."""

    def __init__(self, backbone: keras.Model, seed: int) -> None:
        super().__init__(name="embedded_training")
        self.side = 48
        self.backbone = keras.Model(backbone.input, [backbone.get_layer("stage3_out").output, backbone.output])
        self.seeds = keras.random.SeedGenerator(seed)
        self.standardise = keras.layers.BatchNormalization(center=False, scale=False)  # else the heads learn slowly
        self.projector = keras.Sequential(
            [
                keras.layers.Dense(256, use_bias=False),
                keras.layers.BatchNormalization(),
                keras.layers.ReLU(),
                keras.layers.Dense(128),
            ]
        )
        self.shape_head = keras.layers.Dense(masks.N_CLASSES, kernel_initializer="zeros")
        self.texture_head = keras.layers.Dense(textures.N_CLASSES, kernel_initializer="zeros")
        self.mask_head = keras.layers.Conv2D(1, 1)
        self.parts = {name: keras.metrics.Mean(name=name) for name in ("contrast", "shape", "texture", "mask")}

    def call(self, scenes, training=True):
        first, second, share = mix_scenes(ops.cast(scenes[0], "float32"), ops.cast(scenes[1], "float32"), self.seeds)
        pair = [random_views(source, self.side, self.seeds) for source in (first, second)]
        views = Views(*(ops.concatenate(parts, axis=0) for parts in zip(*pair, strict=True)))
        middle, last = self.backbone(views.images, training=training)
        features = self.standardise(ops.mean(last, axis=(1, 2)), training=training)
        return {
            "projected": ops.normalize(self.projector(features, training=training), axis=-1),
            "shape": self.shape_head(features),
            "texture": self.texture_head(features),
            "mask": self.mask_head(middle),
            "main": views.main,
            "every": views.every,
            "share": share,
        }

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        shapes, classes = y[0], y[1]
        first, second = ops.split(y_pred["projected"], 2, axis=0)
        share = ops.tile(y_pred["share"], (2,))
        visible = ops.clip(ops.mean(y_pred["main"], axis=(1, 2)) / SMALLEST_VISIBLE, 0.0, 1.0)
        ground = ops.clip(1.2 - ops.mean(y_pred["every"], axis=(1, 2)), 0.0, 1.0)
        losses = {
            "contrast": decoupled_contrastive(first, second, same_scene_or_class(shapes, classes)),
            "shape": weighted_cross_entropy(y_pred["shape"], ops.tile(shapes, (2,)), visible * share),
            "texture": weighted_cross_entropy(y_pred["texture"], ops.tile(classes, (2,)), ground * share),
            "mask": mask_cross_entropy(y_pred["mask"], y_pred["every"]),
        }
        for name, value in losses.items():
            self.parts[name].update_state(value)
        return (
            losses["contrast"]
            + SHAPE_WEIGHT * losses["shape"]
            + TEXTURE_WEIGHT * losses["texture"]
            + MASK_WEIGHT * losses["mask"]
        )


class Trainer:
    """A network in training, its optimiser and the running mean of its weights."""

    def __init__(self, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        self.network = network.build(None, is_folded=False)
        self._model = _Training(self.network, seed)
        self._optimizer = keras.optimizers.AdamW(weight_decay=WEIGHT_DECAY)
        self._optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
        self._model.compile(optimizer=self._optimizer, jit_compile=False)
        blank = np.zeros((2, 96, 96, 5), np.uint8)
        self._model([blank, blank])
        self._optimizer.build(self._model.trainable_variables)
        self._mean = [np.array(value) for value in self.network.get_weights()]

    @property
    def side(self) -> int:
        """Height and width of the views, in pixels."""
        return self._model.side

    def set_side(self, side: int) -> None:
        """Look at views of another size from now on."""
        if side != self._model.side:
            self._model.side = side
            self._model.make_train_function(force=True)

    def set_learning_rate(self, rate: float) -> None:
        """Set the step size of the optimiser."""
        self._optimizer.learning_rate.assign(rate)

    def step(self, first: np.ndarray, second: np.ndarray, shapes: np.ndarray, classes: np.ndarray) -> dict[str, float]:
        """Train on one batch of scenes.

        Returns:
            The parts of the loss.
        """
        for metric in self._model.parts.values():
            metric.reset_state()
        self._model.train_on_batch([first, second], [shapes, classes])
        return {name: float(metric.result()) for name, metric in self._model.parts.items()}

    def average(self, keep: float) -> None:
        """Move the running mean of the weights towards the weights."""
        for mean, value in zip(self._mean, self.network.get_weights(), strict=True):
            mean *= keep
            mean += (1 - keep) * value

    def averaged(self) -> dict[str, np.ndarray]:
        """The running mean, named by layer and variable."""
        return dict(zip(self._names(), self._mean, strict=True))

    def focus(self, batches: list[np.ndarray]) -> None:
        """Put the running mean into the network, and weigh its last channels by how much they answer to objects.

        Args:
            batches: uint8 `(n, 96, 96, 5)` each; scenes without objects tell nothing and are passed over.
        """
        self.network.set_weights(self._mean)
        with_objects = [scenes[scenes[..., 4].any(axis=(1, 2))] for scenes in batches]
        apply_gains(self.network, channel_gains(self._maps_and_cover(scenes) for scenes in with_objects))
        self._mean = [np.array(value) for value in self.network.get_weights()]

    def _maps_and_cover(self, scenes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        views = random_views(ops.cast(scenes, "float32"), network.SIDE, self._model.seeds, is_mild=True)
        maps = ops.convert_to_numpy(self.network(views.images, training=False))
        return maps, cover_of(ops.convert_to_numpy(views.every), maps.shape[1])

    def everything(self) -> dict[str, np.ndarray]:
        """All that going on needs: weights, their mean, and the state of the optimiser."""
        arrays = {f"model/{i}": ops.convert_to_numpy(value) for i, value in enumerate(self._model.variables)}
        arrays |= {f"mean/{i}": value for i, value in enumerate(self._mean)}
        return arrays | {
            f"optimizer/{i}": ops.convert_to_numpy(value) for i, value in enumerate(self._optimizer.variables)
        }

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go back to what `everything` gave."""
        for part, variables in (("model", self._model.variables), ("optimizer", self._optimizer.variables)):
            for i, variable in enumerate(variables):
                variable.assign(arrays[f"{part}/{i}"])
        self._mean = [arrays[f"mean/{i}"] for i in range(len(self._mean))]

    def _names(self) -> list[str]:
        return [f"{layer.name}/{weight.name}" for layer in self.network.layers for weight in layer.weights]
