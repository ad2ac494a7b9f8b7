"""The code of a network, as a part of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class NetworkCode:
    """How a network is made.

    Attributes:
        words: What it is, as a notebook says it.
        code: The lines, which define `network` and `model`.
        files: What they need beside the script.
        run: The expression that gives the features of `images`, as they are read.
    """

    words: str
    code: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    run: str = "model.predict_on_batch(preprocess(images))"
