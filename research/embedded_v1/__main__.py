"""Make the embedded backbone from nothing: banks of textures and shapes, training, export.

    python -m featx_core.embedded --out made

Two CPU cores take a little over two hours. Start the same command again to go on where it was broken off.
"""

import argparse
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Read the command line and run one step after another."""
    parser = argparse.ArgumentParser(
        prog="python -m featx_core.embedded", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the banks (600 MB), the run and the weights")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--smoke", action="store_true", help="all steps in two minutes, on a few scenes")
    asked = parser.parse_args()
    banks, run, weights = asked.out / "banks", asked.out / "run", asked.out / "v1.npz"
    smoke = ["--smoke"] if asked.smoke else []
    if weights.exists():
        sys.exit(f"{weights} is there already. Choose another folder to make it anew.")
    _step("generate", "--out", banks, *smoke)
    _step("train", "--banks", banks, "--out", run, "--seed", asked.seed, *smoke)
    _step("export", run / "final.npz", "--out", weights, "--seed", asked.seed)
    print(
        f"The weights are {weights}; measure them with: python -m research.embedded_v1.evaluate --checkpoint {weights}"
    )


def _step(name: str, *arguments: object) -> None:
    """Run one script of this package; end with it where it fails."""
    command = [sys.executable, "-m", f"featx_core.embedded.{name}", *map(str, arguments)]
    done = subprocess.run(command, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
