"""Attention rollout: from which patches information can have reached a token, through all blocks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def attention_rollout(attention: Sequence[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Multiply what each block attends to, half of it and half of what it passes on unchanged, `(A + I) / 2`.

    It is read at the class token where there is one, at the query of a pooling where the last matrix is one, else as the mean
    over all tokens. What goes to tokens that are no patches is left out.

    Args:
        attention: The first block first: float `(n_tokens, n_tokens)`, the mean over the heads, row by row what one token
            attends to, each row with a sum of 1. A pooling may come last, `(n_queries, n_tokens)`. Not modified.
        size: Rows and columns of the patches, the last of the tokens.

    Returns:
        float64 `(height, width)`, nowhere negative, with a sum of at most 1.

    Raises:
        ValueError: If there is nothing to multiply, or fewer tokens than patches.

    Reference:
        Abnar & Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020, arXiv:2005.00928, equation 1.
    """
    n_patches = size[0] * size[1]
    if not attention or attention[0].shape[-1] < n_patches:
        raise ValueError(
            f"`attention` must hold matrices of at least {n_patches} tokens. Received: "
            f"{[matrix.shape for matrix in attention]}."
        )
    n_tokens = attention[0].shape[-1]
    rolled = np.eye(n_tokens)
    for matrix in attention:
        passed = np.eye(n_tokens) if matrix.shape[0] == n_tokens else None
        mixed = matrix.astype(np.float64) if passed is None else (matrix.astype(np.float64) + passed) / 2
        rolled = mixed @ rolled
    has_class_token = len(rolled) == n_tokens > n_patches
    read = rolled[0] if has_class_token else rolled.mean(axis=0)
    return np.asarray(read[-n_patches:].reshape(size))
