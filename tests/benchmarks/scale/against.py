"""The comparison of `tests.benchmarks.compare` in this checkout and in an older one, by turns.

Run: `python -m tests.benchmarks.scale.against OLDER`, a checkout of featx with its environment in `.venv`. Prints seconds by
the clock and of the processor for each round, and the medians of their ratios.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parents[3]


def main() -> None:
    """Let both checkouts take turns, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("older", type=Path, help="an older checkout of featx, with its environment in .venv")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ratios = []
    for _ in range(given.rounds):
        old, new = _measured(given.older.resolve()), _measured(HERE)
        ratios.append([ours / theirs for ours, theirs in zip(new, old, strict=True)])
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
        print(
            f"by the clock {new[0]:.2f} s, older {old[0]:.2f} s; of the processor {new[1]:.2f} s, older {old[1]:.2f} s; "
            f"load {load:.1f}",
            flush=True,
        )
    clock, processor = (statistics.median(each) for each in zip(*ratios, strict=True))
    print(f"ratio by the clock {clock:.2f}, of the processor {processor:.2f} (bar 0.7)")


def _measured(checkout: Path) -> list[float]:
    python = checkout / ".venv" / "bin" / "python"
    answer = subprocess.run(
        [python, "-P", __file__, "once"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return list(json.loads(answer.stdout.splitlines()[-1]))


def once() -> None:
    """Measure in the checkout that `PYTHONPATH` names; uses what all of them have. A seventh run loads the libraries first."""
    import featx_core as fx
    from tests.benchmarks import compare

    with tempfile.TemporaryDirectory() as folder:
        workspace = fx.Workspace.open(Path(folder) / "benchmark.featx")
        workspace.add((f"label {i % compare.N_LABELS}/{i}.png", compare.png(i)) for i in range(compare.N_IMAGES))
        runs = [compare._enter(workspace, backbone, seed) for seed, backbone in enumerate(compare.BACKBONES)]
        for part in (runs[6:], runs[:6]):
            started = time.perf_counter(), time.process_time()
            if hasattr(compare, "_compare"):
                compare._compare(workspace, part)
            else:  # before studies
                compare.compare_runs(workspace, {"run_digests": part}, compare.Quiet())
            found = [time.perf_counter() - started[0], time.process_time() - started[1]]
    print(json.dumps(found))


if __name__ == "__main__":
    once() if sys.argv[1:] == ["once"] else main()
