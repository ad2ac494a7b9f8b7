"""Visitors who all press the button at once, in a process of their own. Run: `python -m tests.benchmarks.crowd URL TOKEN ...`.

The last token is that of one more person, who changes pages meanwhile. Prints what was measured as JSON.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psutil

from tests.benchmarks.visitor import Visitor, texts

BACKBONE = "MobileNetV2"
PATIENCE = 900.0  # seconds for each thing that is waited for; a machine with other work takes its time
BETWEEN_CLICKS = 0.5  # seconds that the user looks at a page before changing to the next
_RUN = "Extract from"
_LAYERS = "**Layers**"  # stands when the layers of the network are known
_DONE = "Images per second"  # stands on the run card


async def crowd(url: str, tokens: list[str], *, done: str = _DONE, pids: Sequence[int] = ()) -> dict[str, list]:
    """Measure: seconds from the click to the run card, to a page at rest, of light reruns; and what went wrong.

    Args:
        url: Of the server.
        tokens: Of the workspaces.
        done: What stands on the run card.
        pids: Processes whose processor time is measured from the click to the last card.
    """
    visitors = [await _ready(url, token) for token in tokens[:-1]]
    other = await _ready(url, tokens[-1])
    started, before = time.perf_counter(), _processor(pids)
    seen = asyncio.gather(*(_extract(visitor, done, pids) for visitor in visitors))
    reruns: list[float] = []
    while not seen.done():
        reruns.append(await _rerun(other, len(reruns)))
        await asyncio.sleep(BETWEEN_CLICKS)
    times = await seen
    faults = [fault for visitor in (*visitors, other) for fault in visitor.faults]
    faults += [f"no {what} in {PATIENCE:.0f} s: {words}" for each in times for what, words in each.missing.items()]
    for visitor in (*visitors, other):
        await visitor.close()
    return {
        "cards": [each.card - started for each in times if each.card],
        "rests": [each.rest - started for each in times if each.rest],
        "reruns": reruns,
        "faults": faults,
        "processor": [
            max(spent) - first for first, *spent in zip(before, *(each.processor for each in times), strict=True)
        ],
    }


@dataclass
class Times:
    """When a visitor saw what, as `time.perf_counter` reads; None where it did not come.

    Attributes:
        card: The run card.
        rest: A page on which nothing moves any more.
        missing: What did not come, and what stood on the page instead.
        processor: Seconds of the processor that the watched processes had spent by the time of the card.
    """

    card: float | None = None
    rest: float | None = None
    missing: dict[str, str] = field(default_factory=dict)
    processor: list[float] = field(default_factory=list)


def _seen(visitor: Visitor) -> str:
    """Give the last words on the page of a visitor, for one who waits in vain."""
    words = [element.progress.text or element.alert.body or element.markdown.body for element in visitor.elements]
    return " | ".join([each for each in words if each][-8:])


async def _ready(url: str, token: str) -> Visitor:
    """Open the Extract page of a workspace with a backbone picked, and wait until its layers stand."""
    visitor = Visitor(url, token)
    await visitor.open("extract")
    await visitor.choose("Backbone", f"{BACKBONE},")
    await visitor.until(lambda: visitor.is_at_rest and any(words.startswith(_LAYERS) for words in texts(visitor)))
    return visitor


async def _extract(visitor: Visitor, done: str, pids: Sequence[int]) -> Times:
    """Press the button, and wait for the run card, and then until nothing on the page moves any more."""
    await visitor.press(_RUN)
    found = Times()
    found.card = await _wait(visitor, lambda: done in texts(visitor), "run card", found)
    found.processor = _processor(pids)
    if found.card:
        found.rest = await _wait(visitor, lambda: visitor.is_at_rest, "heatmaps", found)
    return found


def _processor(pids: Sequence[int]) -> list[float]:
    spent = [psutil.Process(pid).cpu_times() for pid in pids]
    return [each.user + each.system for each in spent]


async def _wait(visitor: Visitor, look: Callable[[], bool], what: str, times: Times) -> float | None:
    try:
        async with asyncio.timeout(PATIENCE):
            await visitor.until(look)
            return time.perf_counter()
    except TimeoutError:
        times.missing[what] = _seen(visitor)
        return None


async def _rerun(visitor: Visitor, number: int) -> float:
    """Change to a light page; from the click until it was run."""
    started = time.perf_counter()
    await visitor.go(("map", "images")[number % 2])
    return time.perf_counter() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("tokens", nargs="+")
    parser.add_argument("--done", default=_DONE, help="what stands on the run card")
    parser.add_argument("--pids", default="", help="processes whose processor time is measured, with commas between")
    asked = parser.parse_args()
    watched = [int(pid) for pid in asked.pids.split(",") if pid]
    print(json.dumps(asyncio.run(crowd(asked.url, asked.tokens, done=asked.done, pids=watched))))
