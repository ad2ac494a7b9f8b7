"""Measure the embedded backbone, as `PROTOCOL.md` says.

python -m featx_core.embedded.evaluate --suite development --checkpoint runs/first/averaged.npz
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from featx_core.embedded.evaluation import suites_development
from featx_core.embedded.evaluation.results import Result, describe_all, measure
from featx_core.embedded.evaluation.tasks import Describe, Suites

V1 = Path(__file__).parent / "v1.npz"


def evaluate(describe: Describe, suites: Suites, seed: int = suites_development.SEED) -> Result:
    """Measure one descriptor at a suite.

    Args:
        describe: From uint8 `(n, 112, 112, 3)` to float `(n, d)`.
        suites: For instance `development_suite()`.
        seed: Of the bootstrap.

    Returns:
        Scores in percent by key of the suite; `result.mean(suites)` is the number to choose by.
    """
    return measure(describe_all(describe, suites), suites, seed)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=("development",), default="development")
    parser.add_argument("--checkpoint", type=Path, default=V1, help="training checkpoint or weights that ship (.npz)")
    arguments = parser.parse_args()
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    from featx_core.embedded.evaluation.networks import describe_with, read_network

    suites = suites_development.development_suite()
    result = evaluate(describe_with(read_network(arguments.checkpoint)), suites)
    for key, suite in suites.items():
        details = ", ".join(f"{name} {value:.1f}" for name, value in result.measures[key].items())
        print(f"{key} {suite.title:22} {result.scores[key]:5.1f}   {details}")
    print(f"mean {result.mean(list(suites)):.2f}")


if __name__ == "__main__":
    main()
