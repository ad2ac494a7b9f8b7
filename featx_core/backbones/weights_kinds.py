"""The kinds of weights that a network can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class WeightsKind:
    """One kind of weights, in words that are shown.

    Attributes:
        title: Its name in a list of choices.
        badge: Where such weights come from, as part of a sentence.
        sentence: What it means to take them.
    """

    title: str
    badge: str
    sentence: str


WEIGHTS_KINDS: Mapping[str, WeightsKind] = MappingProxyType(
    {
        "imagenet": WeightsKind("ImageNet", "ImageNet weights", "ImageNet: trained on 1.2 million photographs."),
        "embedded": WeightsKind(
            "Embedded",
            "embedded weights, trained on synthetic images",
            "Embedded: trained on computer-generated patterns, included in this app.",
        ),
        "preset": WeightsKind(
            "KerasHub preset", "trained weights of KerasHub", "KerasHub preset: as its authors trained it."
        ),
        "random": WeightsKind(
            "Random, untrained",
            "random weights, untrained",
            "Random: untrained, a baseline that shows what the architecture alone achieves.",
        ),
        "file": WeightsKind(
            "Your own file",
            "your weights file",
            "Your own file: weights saved from the same architecture, alone or as part of a larger model.",
        ),
    }
)
"""The kinds of weights by the word that a spec has for them; "file" stands for "file:" and a SHA-256."""
