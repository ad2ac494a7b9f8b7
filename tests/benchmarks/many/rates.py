"""Ray beside the plain command, on the same files: `python -m tests.benchmarks.many.rates`; four minutes on two quiet cores.

The peers take turns, each as a command of its own, with the graph of the network on disk. Each does a few images and many: what
the difference takes is the rate, the rest is overhead. Both are told by the clock and by the processors' time of all processes
of the command, which says more on a machine that does other work as well. With `--nodes` also two machines: two nodes of one
core each here.
"""

import argparse
import contextlib
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.many.commands import Course, Taken, two_machines
from tests.benchmarks.measuring import Outcome, at_least, at_most, machine, spread

Round = dict[str, tuple[Taken, Taken]]
N_OVERHEAD = 1000
"""Images of the job whose overhead has a bar."""


def rates(n_images: int, n_rounds: int, backbone: str, *, with_nodes: bool) -> list[Outcome]:
    """Let the peers take turns.

    Args:
        n_images: Of the large job; the small one has a fifth.
        n_rounds: How often each does both.
        backbone: Its network.
        with_nodes: Whether a cluster of two machines takes part.
    """
    counts = n_images // 5, n_images
    with tempfile.TemporaryDirectory() as home:
        course = Course(Path(home), counts, backbone)
        worker = course.worker(counts[0])
        rounds = [_round(course, counts, with_nodes=with_nodes) for _ in range(n_rounds)]
    title = f"{course.title}, {counts[0]} and {counts[1]} JPEGs of 0.3 megapixels"
    return [
        *_paces(title, rounds, counts),
        *_speed(title, rounds, counts),
        *_memory(title, rounds, worker),
        Outcome(f"{title}: bytes an image in parts", f"{course.n_bytes:.0f}"),
    ]


def _round(course: Course, counts: tuple[int, int], *, with_nodes: bool) -> Round:
    peers: dict[str, Callable[[int], Taken]] = {
        "plain": course.plain,
        "one": lambda n_images: course.ray(n_images, 1),
        "two": lambda n_images: course.ray(n_images, 2),
    }
    with contextlib.ExitStack() as stack:
        found: Round = {}
        for name, peer in peers.items():
            found[name] = peer(counts[0]), peer(counts[1])
            print(f"{name}: {found[name][0]}, {found[name][1]}; {machine()}", flush=True)
        if with_nodes:
            address = stack.enter_context(two_machines())
            found["nodes"] = course.ray(counts[0], 2, address), course.ray(counts[1], 2, address)
            print(f"nodes: {found['nodes'][0]}, {found['nodes'][1]}; {machine()}", flush=True)
    return found


def _of(rounds: list[Round], counts: tuple[int, int], peer: str, what: str) -> list[float]:
    """Seconds of each image more."""
    n_more = counts[1] - counts[0]
    return [(getattr(each[peer][1], what) - getattr(each[peer][0], what)) / n_more for each in rounds]


def _paces(title: str, rounds: list[Round], counts: tuple[int, int]) -> list[Outcome]:
    def pace(peer: str, what: str) -> str:
        return f"{1000 * statistics.median(_of(rounds, counts, peer, what)):.1f}"

    return [
        Outcome(
            f"{title}: {peer}, milliseconds an image, by the clock / of the processors",
            f"{pace(peer, 'seconds')} / {pace(peer, 'spent')}",
        )
        for peer in rounds[0]
    ]


def _speed(title: str, rounds: list[Round], counts: tuple[int, int]) -> list[Outcome]:
    def ratios(peer: str, what: str) -> list[float]:
        plain, other = _of(rounds, counts, "plain", what), _of(rounds, counts, peer, what)
        return [above / below for above, below in zip(plain, other, strict=True)]

    def overhead(what: str) -> list[float]:
        """What a job takes beyond what the plain command takes an image."""
        plain, one = _of(rounds, counts, "plain", what), _of(rounds, counts, "one", what)
        fixed = [getattr(each["one"][0], what) - counts[0] * pace for each, pace in zip(rounds, one, strict=True)]
        return [each + N_OVERHEAD * (mine - bare) for each, mine, bare in zip(fixed, one, plain, strict=True)]

    outcomes = []
    bars = {"one": ("one actor", 0.85), "two": ("two actors", 0.95), "nodes": ("two machines", None)}
    for what, word in (("seconds", "by the clock"), ("spent", "of the processors")):
        for peer, (name, bar) in bars.items():
            if peer not in rounds[0]:
                continue
            line = f"{title}: Ray with {name} / plain command, images a second, {word}"
            found = ratios(peer, what)
            outcomes.append(Outcome(line, spread(found)) if bar is None else at_least(line, found, bar))
        outcomes.append(at_most(f"{title}: overhead of a job of {N_OVERHEAD}, {word}", overhead(what), 25, " s"))
    return outcomes


def _memory(title: str, rounds: list[Round], worker: Taken) -> list[Outcome]:
    actors = [each["one"][1] for each in rounds]
    return [
        at_most(f"{title}: own memory (USS) of an actor / of the worker", [a.own / worker.own for a in actors], 1.2),
        at_most(f"{title}: RSS of an actor / of the worker", [a.resident / worker.resident for a in actors], 1.2),
        Outcome(f"{title}: USS of an actor", spread([a.own for a in actors], " GB")),
        Outcome(f"{title}: USS and RSS of the worker", f"{worker.own:.2f} and {worker.resident:.2f} GB"),
        Outcome(f"{title}: USS of the plain command", spread([each["plain"][1].own for each in rounds], " GB")),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--backbone", default="efficientnet_lite0")
    parser.add_argument("--nodes", action="store_true")
    given = parser.parse_args()
    for outcome in rates(given.images, given.rounds, given.backbone, with_nodes=given.nodes):
        print(outcome.what, outcome.value, outcome.bar, {True: "met", False: "MISSED", None: ""}[outcome.is_met])
    print(machine())
