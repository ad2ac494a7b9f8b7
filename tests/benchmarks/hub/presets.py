"""Memory and time of each small network of KerasHub: each in a process of its own, with random weights, by TensorFlow."""

import json
import subprocess
import sys
import time

import numpy as np

import featx_core as fx
from featx_core.backbones.hub_presets import has_keras_hub
from featx_core.networks.initialization import made_up_images
from featx_core.worker.child import environment
from tests.benchmarks.measuring import Outcome, spread
from tests.benchmarks.memory import peak_gb

MAX_PARAMETERS = 60_000_000
N_IMAGES = 16
REPEATS = 3


def presets(*, quick: bool) -> list[Outcome]:
    """Build each network and run it on a few images."""
    if not has_keras_hub():
        return [Outcome("Networks of KerasHub", "not measured: it is not installed")]
    small = [name for name, row in fx.BACKBONES.items() if row.preset and row.n_parameters <= MAX_PARAMETERS]
    return [outcome for name in small[: 1 if quick else None] for outcome in _one(name)]


def _one(name: str) -> list[Outcome]:
    command = [sys.executable, "-m", "tests.benchmarks.hub.presets", name]
    run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment())
    found, title = json.loads(run.stdout.splitlines()[-1]), fx.BACKBONES[name].title
    return [
        Outcome(
            f"{title}: peak of the process, and before it was built",
            f"{found['peak']:.2f} GB, {found['before']:.2f} GB",
        ),
        Outcome(f"{title}: built, KerasHub's import left out", f"{found['built']:.1f} s"),
        Outcome(f"{title}: images a second", spread(found["paces"])),
    ]


def _measure(name: str) -> None:
    """Do that in this process, and print what it took."""
    import keras_hub

    del keras_hub
    before, started = peak_gb(), time.perf_counter()
    extractor = fx.build(fx.Pretrained(name, weights="random"))
    built = time.perf_counter() - started
    pixels = made_up_images(np.random.default_rng(0), N_IMAGES, extractor.image_size)
    extractor(pixels)  # traced here
    paces = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        extractor(pixels)
        paces.append(N_IMAGES / (time.perf_counter() - started))
    print(json.dumps({"before": before, "built": built, "peak": peak_gb(), "paces": paces}))


if __name__ == "__main__":
    _measure(sys.argv[1])
