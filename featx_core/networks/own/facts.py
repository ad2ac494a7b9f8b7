"""What is known of a model of the user after it went through both gates, as data."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from featx_core.images.preprocessing import PREPROCESSING

WITHIN = 10.0
"""By so many times the variance may differ from what batch normalization saw, either way."""

FAR = 10.0
"""A divergence beyond this is several deviations beside what batch normalization saw."""

ABOUT_ALIKE = 0.05
"""Divergences that differ by less do not tell two presets apart: the more usual one is suggested."""

_BY_USE = ("none", "unit", "tf", "torch", "caffe", "lite", "unit_grey")


@dataclass(frozen=True)
class ModelOutput:
    """One output of a model.

    Attributes:
        name: Of its last layer.
        shape: For one image.
        n_classes: How many classes it scores, where it ends in a softmax or sigmoid over several, or may do so; else 0.
        needs_names: Whether only the user can say that these are classes, by naming them: nothing in the file does.
    """

    name: str
    shape: tuple[int, ...]
    n_classes: int
    needs_names: bool = False


@dataclass(frozen=True)
class ModelFacts:
    """A file of a model that can be used.

    Attributes:
        weights: "file:" and the SHA-256 of the file.
        name: Of the file, without its ending.
        format: "keras" or "onnx".
        saved_by: What saved it, such as "Keras 3.15.1".
        input_shape: Height, width and channels; height and width are 0 where any go.
        outputs: In the model's order.
        n_parameters: Of the whole model.
        n_layers: With those of models within it.
        scaling: What scales the input at its begin, such as "Rescaling".
        expects: The preset whose values that scaling brings to a usual range: "none" or "unit"; empty where neither.
        ratios: For presets of `PREPROCESSING`: the variance of what the first batch normalization receives for made-up images,
            over that which it saw in training; 1 is right. Empty for a model without one.
        divergences: For the same presets: how far the one is from the other, as the Kullback-Leibler divergence of two normal
            distributions; 0 is right.
        batch: How many images it takes at once; 0 where any number goes.
    """

    weights: str
    name: str
    format: Literal["keras", "onnx"]
    saved_by: str
    input_shape: tuple[int, int, int]
    outputs: tuple[ModelOutput, ...]
    n_parameters: int
    n_layers: int
    scaling: tuple[str, ...]
    expects: str
    ratios: Mapping[str, float]
    divergences: Mapping[str, float]
    batch: int = 0

    @property
    def presets(self) -> tuple[str, ...]:
        """The keys of `PREPROCESSING` that give as many channels as the model takes."""
        return tuple(name for name, row in PREPROCESSING.items() if len(row.channel_order) == self.input_shape[2])

    @property
    def suggested(self) -> str | None:
        """The preset that the file speaks for: by its own scaling, else by what batch normalization saw.

        None where the file says nothing.
        """
        if self.expects in self.presets:
            return self.expects
        if len(self.presets) == 1:
            return self.presets[0]
        fitting = [name for name in _BY_USE if name in self.ratios and not self._is_far(name)]
        least = min((self.divergences[name] for name in fitting), default=0.0)
        return next((name for name in fitting if self.divergences[name] <= least + ABOUT_ALIKE), None)

    def warning(self, preset: str) -> str:
        """Say what speaks against a preset, in plain sentences; empty where nothing does."""
        if self.expects not in ("", preset):
            right, layers = PREPROCESSING[self.expects].sentence, " and ".join(self.scaling)
            return (
                f"The model scales its input itself ({layers}), from {right}. With {PREPROCESSING[preset].sentence} it is "
                "scaled twice, or not enough."
            )
        if preset not in self.ratios or not self._is_far(preset):
            return ""
        way = "in a small part of" if self.ratios[preset] < 1 / WITHIN else "far beyond"
        return (
            f"With {PREPROCESSING[preset].sentence}, values are {way} the range that the model's first batch normalization "
            "saw in training, so it was probably trained on another one."
        )

    def _is_far(self, preset: str) -> bool:
        return not 1 / WITHIN <= self.ratios[preset] <= WITHIN or self.divergences[preset] > FAR

    def to_bytes(self) -> bytes:
        """Write it as JSON."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True).encode("ascii")

    @classmethod
    def from_bytes(cls, content: bytes) -> ModelFacts:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else.
        """
        try:
            return cls.from_json(json.loads(content))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError("`content` must be what `ModelFacts.to_bytes` wrote. Received something else.") from error

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ModelFacts:
        """Read the fields as JSON values."""
        outputs = tuple(ModelOutput(**{**each, "shape": tuple(each["shape"])}) for each in values["outputs"])
        fields = {"outputs": outputs, "input_shape": tuple(values["input_shape"]), "scaling": tuple(values["scaling"])}
        return cls(**{**values, **fields})
