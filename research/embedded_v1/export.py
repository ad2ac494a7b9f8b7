"""From a training checkpoint to the weights that ship: normalization folded in, float16, and a card.

Run `python -m research.embedded_v1.export CHECKPOINT.npz --out v1.npz`, or with `--smoke` instead of a checkpoint to export
an untrained network.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.networks.embedded.folding import fold, variables_of
from featx_core.networks.embedded.network import MIN_SIDE, N_FEATURES, SIDE, build
from featx_core.networks.embedded.weights import CARD_NAME, digest_arrays, probe_image
from featx_core.networks.named_arrays import assign

if TYPE_CHECKING:
    import keras

N_PROBES = 8
"""Features of the probe image that the card holds: the strongest ones, which no tolerance hides."""

MAXIMUM_DIFFERENCE = 0.01
"""How far folding and float16 may move a feature, as a share of the largest one. Rounding alone moves it by 0.001."""


def halve(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Round arrays to float16.

    Raises:
        ValueError: If a number is none, or too large for float16.
    """
    limit = float(np.finfo(np.float16).max)
    for name, array in arrays.items():
        if not np.all(np.abs(array) <= limit):
            raise ValueError(
                f"`{name}` holds numbers that float16 does not, or that are none. Was the training stable?"
            )
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def export(checkpoint: Path, out: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write the weights that ship and their card, after checking that they give what the checkpoint gives.

    Args:
        checkpoint: An .npz file with every variable of `build(is_folded=False)` by "<layer>/<variable>". Not modified.
        out: Where the weights go. The card goes beside them.
        facts: What else the card should say, such as the seed.

    Returns:
        The card.

    Raises:
        FileExistsError: If there are weights of that name already: what was saved with them refers to the name.
        ValueError: If the checkpoint does not fit, or float16 moves the features too far.
    """
    if out.exists():
        raise FileExistsError(
            f"`{out.name}` is there already, and a version is never overwritten. Choose another name."
        )
    with np.load(checkpoint, allow_pickle=False) as file:
        variables = {name: file[name] for name in file.files}
    trained, shipped = build(is_folded=False), build()
    assign(trained, {name: _find(variables, name) for name in variables_of(trained)})
    halves = halve(fold(trained))
    assign(shipped, {name: array.astype(np.float32) for name, array in halves.items()})
    before, features = _features(trained), _features(shipped)
    difference = float(np.abs(features - before).max() / np.abs(before).max())
    if not difference <= MAXIMUM_DIFFERENCE:
        raise ValueError(
            f"Folding and float16 may move a feature by {MAXIMUM_DIFFERENCE:.0%} of the largest one. Received: "
            f"{difference:.2%}. Was the training stable?"
        )
    np.savez(out, **halves)  # type: ignore[arg-type]
    card = _card(out, halves, features, difference) | dict(facts)
    out.with_name(CARD_NAME).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return card


def _card(out: Path, halves: Mapping[str, np.ndarray], features: np.ndarray, difference: float) -> dict[str, Any]:
    import keras

    strongest = np.sort(np.argsort(features)[-N_PROBES:])
    return {
        "name": f"embedded_{out.stem}",
        "sha256": digest_arrays(halves),
        "n_bytes": out.stat().st_size,
        "n_parameters": sum(array.size for array in halves.values()),
        "dtype": "float16",
        "side": SIDE,
        "minimum_side": MIN_SIDE,
        "n_features": N_FEATURES,
        "probe": {
            "channels": strongest.tolist(),
            "features": [round(float(value), 6) for value in features[strongest]],
        },
        "float16_difference": round(difference, 6),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "keras": keras.__version__,
            "backend": keras.backend.backend(),
        },
    }


def _features(network: keras.Model) -> np.ndarray:
    """Give the features of the probe image, `(256,)`."""
    import keras

    maps = network(probe_image()[np.newaxis].astype(np.float32), training=False)
    return np.asarray(keras.ops.convert_to_numpy(maps))[0].mean(axis=(0, 1))


def _find(variables: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name not in variables:
        raise ValueError(
            f"The checkpoint must hold `{name}`. It holds {len(variables)} arrays: {', '.join(variables)}."
        )
    return variables[name].astype(np.float32)


def write_untrained(checkpoint: Path, seed: int) -> None:
    """Write a checkpoint of a network that was never trained, for a smoke run and for tests."""
    import keras

    keras.utils.set_random_seed(seed)
    network = build(is_folded=False)
    network(
        keras.random.uniform((8, SIDE, SIDE, 3), 0, 255), training=True
    )  # so that the moving statistics are not 0 and 1
    np.savez(checkpoint, **variables_of(network))  # type: ignore[arg-type]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the export from the command line."""
    parser = argparse.ArgumentParser(prog="python -m research.embedded_v1.export", description=__doc__)
    parser.add_argument("checkpoint", type=Path, nargs="?", help="the .npz file that train.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go; card.json goes beside them")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the training, for the card")
    parser.add_argument("--facts", type=Path, help="a JSON file with more for the card, such as steps and hours")
    parser.add_argument("--smoke", action="store_true", help="export an untrained network instead of a checkpoint")
    asked = parser.parse_args(arguments)
    if asked.out.suffix != ".npz":
        parser.error("--out must end in .npz")
    if (asked.checkpoint is None) != asked.smoke:
        parser.error("give either a checkpoint or --smoke")
    more = json.loads(asked.facts.read_text(encoding="utf-8")) if asked.facts else {}
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = asked.checkpoint or Path(folder) / "untrained.npz"
        if asked.smoke:
            write_untrained(checkpoint, asked.seed)
        card = export(checkpoint, asked.out, {"training": {"seed": asked.seed, "is_untrained": asked.smoke, **more}})
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
