"""How long the network takes for one image on one thread: `python -m research.embedded_v1.evaluation.speed v1.npz`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

N_PASSES, N_WARM_UP, BATCH = 20, 5, 16
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
ROOT = Path(__file__).parents[3]


def milliseconds_per_image(path: Path) -> float:
    """Measure in a process of its own: the median of 20 passes of 16 pictures of 112 pixels.

    Raises:
        subprocess.CalledProcessError: If the process fails.
    """
    command = [sys.executable, "-m", __name__, str(path.resolve())]
    environment = os.environ | ONE_THREAD
    done = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure in this process and write the number."""
    from featx_core.base.keras_setup import load_keras
    from research.embedded_v1.evaluation.networks import describe_with, read_network

    load_keras()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    describe = describe_with(read_network(Path(sys.argv[1])))
    images = np.random.default_rng(0).integers(0, 256, (BATCH, 112, 112, 3), np.uint8)
    seconds = []
    for _ in range(N_WARM_UP + N_PASSES):
        start = time.perf_counter()
        describe(images)
        seconds.append(time.perf_counter() - start)
    sys.stdout.write(f"{1000 * np.median(seconds[N_WARM_UP:]) / BATCH:.3f}\n")


if __name__ == "__main__":
    main()
