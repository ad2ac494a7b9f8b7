"""All benchmarks in one table, each row a ratio against a peer in the same run. Run: `python -m tests.benchmarks`.

Every row runs in a process of its own, and what it found is kept in a file as it comes: a run that was broken off goes on
from there. Nothing is asserted: a bar that is missed is marked.
"""

import argparse
import datetime
import json
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.measuring import Outcome, machine
from tests.benchmarks.rows import ROWS

MARKS = {True: "reached", False: "MISSED", None: ""}


def main() -> None:
    """Measure the rows that were asked for, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    minutes = ", ".join(f"{name} ({row.minutes:g} min)" for name, row in ROWS.items())
    parser.add_argument("--rows", nargs="+", default=list(ROWS), choices=list(ROWS), metavar="ROW", help=minutes)
    parser.add_argument("--quick", action="store_true", help="fewer images and repeats, to see that all of it works")
    parser.add_argument("--keep", type=Path, help="a file to go on from, and to keep the results in")
    asked = parser.parse_args()
    kept = json.loads(asked.keep.read_text()) if asked.keep and asked.keep.exists() else {}
    about = f"{datetime.date.today()}, {machine()}" + (", quick" if asked.quick else "")
    for name in asked.rows:
        if name in kept:
            continue
        started = time.perf_counter()
        outcomes, problem = _measured(name, quick=asked.quick)
        print(f"# {name}: {time.perf_counter() - started:.0f} s {problem}", file=sys.stderr, flush=True)
        if not problem:
            kept[name] = {"about": about, "outcomes": outcomes}
            if asked.keep:
                asked.keep.write_text(json.dumps(kept, indent=1))
    _print_table({name: kept[name] for name in asked.rows if name in kept})


def _measured(name: str, *, quick: bool) -> tuple[list[dict], str]:
    """Measure a row in a fresh process; its outcomes, or the last words of one that failed."""
    command = [sys.executable, "-m", "tests.benchmarks.rows", name, *(["--quick"] if quick else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return [], f"failed: {done.stderr.strip().splitlines()[-1:]}"
    return json.loads(done.stdout.strip().splitlines()[-1]), ""


def _print_table(kept: dict) -> None:
    for about in dict.fromkeys(row["about"] for row in kept.values()):
        print(about)
    print("\n| what | found | bar | |\n|---|---|---|---|")
    for row in kept.values():
        for outcome in (Outcome(**fields) for fields in row["outcomes"]):
            print(f"| {outcome.what} | {outcome.value} | {outcome.bar} | {MARKS[outcome.is_met]} |")


if __name__ == "__main__":
    main()
