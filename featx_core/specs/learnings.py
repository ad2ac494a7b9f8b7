"""The ways in which a network of one's own can learn from the images of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Learning:
    """One way to learn.

    Attributes:
        title: Its name for people.
        sentence: What it does.
        badge: What is said of weights that came about so.
        reading: How to read the curves of such a training, where they need it.
        needs_labels: Whether it learns from the labels.
    """

    title: str
    sentence: str
    badge: str
    reading: str = ""
    needs_labels: bool = False


LEARNINGS: Mapping[str, Learning] = MappingProxyType(
    {
        "labels": Learning(
            "Your labels",
            "Learns to tell your labels apart, with a softmax layer behind it that is dropped afterwards.",
            "trained on your labels",
            needs_labels=True,
        ),
        "contrast": Learning(
            "Contrast",
            "Learns, without labels, to know two distorted views of one image among all others.",
            "trained on your images by contrast, without labels",
            "Matched: the share of views whose most similar view, of all in their step, was the other view of the same image.",
        ),
        "autoencoder": Learning(
            "Autoencoder",
            "Learns, without labels, to keep what is needed to draw each image again.",
            "trained on your images as an autoencoder, without labels",
            "The loss is the mean squared difference between the picture, from 0 to 1, and what was drawn of it.",
        ),
    }
)
