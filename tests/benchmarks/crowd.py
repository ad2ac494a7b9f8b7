"""Visitors who all press the button at once, in a process of their own. Run: `python -m tests.benchmarks.crowd URL TOKEN ...`.

The last token is that of one more person, who changes pages meanwhile. Prints what was measured as JSON.
"""

import asyncio
import json
import sys
import time

from tests.benchmarks.visitor import Visitor, texts

BACKBONE = "MobileNetV2"
PATIENCE = 600.0  # seconds; a machine with other work takes its time
BETWEEN_CLICKS = 0.5  # seconds that the user looks at a page before changing to the next
_RUN = "Extract from"
_LAYERS = "**Layers**: "  # stands when the layers of the network are known
_DONE = "Images per second"  # stands on the run card


async def crowd(url: str, tokens: list[str]) -> dict[str, list]:
    """Measure: seconds from the click to the run card, to a page at rest, of light reruns; and what went wrong."""
    visitors = [await _ready(url, token) for token in tokens[:-1]]
    other = await _ready(url, tokens[-1])
    started = time.perf_counter()
    pairs = asyncio.gather(*(_extract(visitor) for visitor in visitors))
    reruns: list[float] = []
    while not pairs.done():
        reruns.append(await _rerun(other, len(reruns)))
        await asyncio.sleep(BETWEEN_CLICKS)
    done = [pair for pair in await pairs if pair]
    faults = [fault for visitor in (*visitors, other) for fault in visitor.faults]
    faults += ["no result"] * (len(visitors) - len(done))
    for visitor in (*visitors, other):
        await visitor.close()
    return {
        "cards": [card - started for card, _ in done],
        "rests": [rest - started for _, rest in done],
        "reruns": reruns,
        "faults": faults,
    }


async def _ready(url: str, token: str) -> Visitor:
    """Open the Extract page of a workspace with a backbone picked, and wait until its layers stand."""
    visitor = Visitor(url, token)
    await visitor.open("extract")
    await visitor.choose("Backbone", f"{BACKBONE},")
    await visitor.until(lambda: visitor.is_at_rest and any(words.startswith(_LAYERS) for words in texts(visitor)))
    return visitor


async def _extract(visitor: Visitor) -> tuple[float, float] | None:
    """Press the button; when the run card came, and when nothing on the page moved any more. None after all patience."""
    try:
        async with asyncio.timeout(PATIENCE):
            await visitor.press(_RUN)
            await visitor.until(lambda: _DONE in texts(visitor))
            card = time.perf_counter()
            await visitor.until(lambda: visitor.is_at_rest)
            return card, time.perf_counter()
    except TimeoutError:
        return None


async def _rerun(visitor: Visitor, number: int) -> float:
    """Change to a light page; from the click until it was run."""
    started = time.perf_counter()
    await visitor.go(("map", "images")[number % 2])
    return time.perf_counter() - started


if __name__ == "__main__":
    print(json.dumps(asyncio.run(crowd(sys.argv[1], sys.argv[2:]))))
