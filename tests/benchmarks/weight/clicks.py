"""What a click that changes one control costs the server, on pages of a workspace with 10 000 images.

Run: `python -m tests.benchmarks.weight.clicks [ANOTHER CHECKOUT]`. A click is the message that a browser sends, and its cost is
the processor time of the server until the page is at rest: other work on the machine hardly changes it, as it would the
clock. With another checkout, its rounds alternate with those of this one, and the ratios are told.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from streamlit.proto.Common_pb2 import StringArray
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.benchmarks.measuring import machine
from tests.benchmarks.visitor import Visitor
from tests.toys.app.serving import ROOT, Server

N_CLICKS = 12
N_ROUNDS = 3
PATIENCE = 900.0  # seconds
SETTLING_SECONDS = 0.5  # after a page came to rest: what a browser still asks for is done
TOKEN = "A" * 22
_SHELF = Path(__file__).with_name("shelf.py")


@dataclass(frozen=True)
class Control:
    """A control of a page, and two options between which it is changed.

    Attributes:
        page: Its page.
        label: Its label.
        options: How the options begin.
    """

    page: str
    label: str
    options: tuple[str, str]


CONTROLS = (
    Control("extract", "Pooling", ("Maximum", "Average")),
    Control("map", "Colour", ("Brightness", "Label")),
    Control("compare", "Weights", ("Random", "Trained")),
)


def main() -> None:
    """Measure this checkout, and another one in turns with it, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", nargs="?", type=Path, help="an older checkout of featx, with its environment in .venv")
    parser.add_argument("--rounds", type=int, default=N_ROUNDS)
    parser.add_argument(
        "--file", type=Path, action="append", help="what `shelf.py` made before; once for each checkout"
    )
    asked = parser.parse_args()
    roots = [ROOT, *([asked.other.resolve()] if asked.other else [])]
    with tempfile.TemporaryDirectory() as folder:
        files = asked.file or [_shelved(roots[-1], Path(folder) / "shelf.featx")] * len(roots)
        found = asyncio.run(_measured(dict(zip(roots, files, strict=True)), asked.rounds))
    for control in CONTROLS:
        ours = statistics.median(found[ROOT, control.page])
        line = f"{control.page:<8} {control.label:<8} {ours:.3f} s of processor time"
        if asked.other:
            theirs = statistics.median(found[roots[1], control.page])
            line += f", the other checkout {theirs:.3f} s, ratio {ours / theirs:.2f}"
        print(line)


def _shelved(root: Path, path: Path) -> Path:
    """Make the workspace with the code of a checkout: a newer one opens it, too."""
    command = [str(root / ".venv/bin/python"), str(_SHELF), str(path)]
    subprocess.run(command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, check=True)
    return path


@contextmanager
def serving(root: Path, file: Path) -> Iterator[Server]:
    """Serve a workspace file from a checkout."""
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder), root=root) as server:
        (server.home / "workspaces").mkdir(exist_ok=True)
        shutil.copyfile(file, server.home / "workspaces" / f"{TOKEN}.featx")
        yield server


async def _measured(files: dict[Path, Path], n_rounds: int) -> dict[tuple[Path, str], list[float]]:
    """Click through the pages of each checkout in turns: the median processor time of each round, by checkout and page."""
    found: dict[tuple[Path, str], list[float]] = {}
    with ExitStack() as stack:
        servers = {root: stack.enter_context(serving(root, file)) for root, file in files.items()}
        visitors = {root: Visitor(server.url, TOKEN) for root, server in servers.items()}
        for visitor in visitors.values():
            await visitor.open(CONTROLS[0].page)
        for _ in range(n_rounds):
            for control in CONTROLS:
                for root, visitor in visitors.items():
                    seconds = await _clicked(servers[root], visitor, control)
                    found.setdefault((root, control.page), []).append(statistics.median(seconds))
                    print(f"{root.name:>12} {control.page:<8} {_written(seconds)}  {machine()}", flush=True)
        for visitor in visitors.values():
            await visitor.close()
            for fault in visitor.faults:
                print(fault, file=sys.stderr)
    return found


def _written(seconds: list[float]) -> str:
    return f"p50 {statistics.median(seconds):.3f} s ({min(seconds):.3f} to {max(seconds):.3f}, {len(seconds)} clicks)"


async def _clicked(server: Server, visitor: Visitor, control: Control) -> list[float]:
    """Go to a page, and change its control to and fro."""
    await visitor.go(control.page)
    await _rest(visitor, control)
    return [await _cost(server, visitor, control, number) for number in range(N_CLICKS + 2)][2:]


async def _rest(visitor: Visitor, control: Control) -> None:
    """Wait until the control stands on a page at rest."""
    async with asyncio.timeout(PATIENCE):
        await visitor.until(lambda: visitor.is_at_rest and _named(visitor, control.label) is not None)
    await asyncio.sleep(SETTLING_SECONDS)


async def _cost(server: Server, visitor: Visitor, control: Control, number: int) -> float:
    before = _processor_seconds(server)
    await visitor.set(_state(visitor, control, control.options[number % 2]))
    await _rest(visitor, control)
    return _processor_seconds(server) - before


def _processor_seconds(server: Server) -> float:
    times = psutil.Process(server.pid()).cpu_times()
    return times.user + times.system


def _named(visitor: Visitor, label: str):
    for element in reversed(visitor.elements):
        for kind in ("selectbox", "radio", "button_group"):
            if element.HasField(kind) and getattr(element, kind).label == label:
                return getattr(element, kind)
    return None


def _state(visitor: Visitor, control: Control, option: str) -> WidgetState:
    found = _named(visitor, control.label)
    words = [getattr(each, "content", each) for each in found.options]
    picked = next(each for each in words if each.startswith(option))
    if found.DESCRIPTOR.name == "ButtonGroup":
        return WidgetState(id=found.id, string_array_value=StringArray(data=[picked]))
    return WidgetState(id=found.id, string_value=picked)


if __name__ == "__main__":
    main()
