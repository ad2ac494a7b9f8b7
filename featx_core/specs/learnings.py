"""The ways to train a custom network on the images of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Learning:
    """One way to learn.

    Attributes:
        title: Its name as shown.
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
            "Trained to predict your labels, with a softmax layer that is removed afterwards.",
            "trained on your labels",
            needs_labels=True,
        ),
        "contrast": Learning(
            "Contrast",
            "Trained without labels to recognize two augmented views of one image among all others.",
            "trained on your images by contrast, without labels",
            "Matched: the share of views whose most similar view in the batch was the other view of the same image.",
        ),
        "autoencoder": Learning(
            "Autoencoder",
            "Trained without labels to reconstruct each image.",
            "trained on your images as an autoencoder, without labels",
            "The loss is the mean squared error between the image, in [0, 1], and its reconstruction.",
        ),
    }
)
