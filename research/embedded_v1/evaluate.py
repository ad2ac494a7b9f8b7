"""Measure the embedded backbone, as `PROTOCOL.md` says.

    python -m research.embedded_v1.evaluate --suite development --checkpoint runs/first/averaged.npz
    python -m research.embedded_v1.evaluate --out measured

The first is for choosing, as often as one likes. The second measures the weights that ship on the test suite and all its
competitors, once a release. It needs scikit-image and matplotlib beside the requirements of featx:

    pip install "scikit-image>=0.26" "matplotlib>=3.10"
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from featx_core.networks.embedded.weights import V1
from research.embedded_v1.evaluation import suites_development
from research.embedded_v1.evaluation.results import Result, describe_all, measure
from research.embedded_v1.evaluation.tasks import Describe, Suites


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=("development", "test"), default="test")
    parser.add_argument("--checkpoint", type=Path, default=V1, help="training checkpoint or weights that ship (.npz)")
    parser.add_argument("--stand-in", action="store_true", help="measure a network with random weights instead")
    parser.add_argument("--out", type=Path, help="folder for table.md and evaluation.json of the test suite")
    parser.add_argument("--smoke", action="store_true", help="a few pictures, random weights: does it run at all?")
    arguments = parser.parse_args()
    path = None if arguments.stand_in or arguments.smoke else arguments.checkpoint
    if path is not None and not path.is_file():
        parser.error(f"There are no weights at {path}. Give --checkpoint FILE, or --smoke to try without.")
    from featx_core.base.keras_setup import load_keras

    load_keras()
    try:
        if arguments.suite == "development" or arguments.smoke:
            measure_development(path, is_smoke=arguments.smoke)
        else:
            measure_test(path, arguments.out)
    except (ImportError, FileNotFoundError, ValueError) as error:
        sys.exit(str(error))


def evaluate(describe: Describe, suites: Suites, seed: int = suites_development.SEED) -> Result:
    """Measure one descriptor at a suite.

    Args:
        describe: From uint8 `(n, 112, 112, 3)` to float `(n, d)`.
        suites: For instance `development_suite()`.
        seed: Of the bootstrap.

    Returns:
        Scores in percent by key of the suite; `result.mean(list(suites))` is the number to choose by.
    """
    return measure(describe_all(describe, suites), suites, seed)


def measure_development(path: Path | None, *, is_smoke: bool = False) -> Result:
    """Print the scores of D1 to D6 and their mean.

    Args:
        path: Of the weights, None for random ones.
        is_smoke: Whether a few pictures do.
    """
    from research.embedded_v1.evaluation.networks import describe_with
    from research.embedded_v1.evaluation.whole import candidate

    suites = suites_development.smoke_suite() if is_smoke else suites_development.development_suite()
    result = evaluate(describe_with(candidate(path).network), suites)
    for key, suite in suites.items():
        details = ", ".join(f"{name} {value:.1f}" for name, value in result.measures[key].items())
        print(f"{key} {suite.title:22} {result.scores[key]:5.1f}   {details}")
    print(f"mean {result.mean(list(suites)):.2f}")
    return result


def measure_test(path: Path | None, out: Path | None) -> None:
    """Print the tables of T1 to T10, and write them where a folder is given.

    Args:
        path: Of the weights, None for random ones.
        out: Folder for `table.md` and `evaluation.json`.
    """
    from research.embedded_v1.evaluation.report import markdown, shortened
    from research.embedded_v1.evaluation.suites_test import SEED, test_suite
    from research.embedded_v1.evaluation.thresholds import check
    from research.embedded_v1.evaluation.whole import candidate, measure_all

    suites = test_suite()
    measured, equal = measure_all(candidate(path), suites, SEED, lambda line: print(line, file=sys.stderr, flush=True))
    table = markdown(measured, equal, check(measured), suites)
    print(table)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "table.md").write_text(table, encoding="utf-8")
        (out / "evaluation.json").write_text(json.dumps(shortened(measured, suites), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
