"""Train the embedded backbone, resumable at any point.

    python -m research.embedded_v1.generate --out banks
    python -m research.embedded_v1.train --banks banks --out runs/first --views 2300000

Runs on two CPU cores, and on an accelerator where Keras finds one (`KERAS_BACKEND=jax` or `torch`). Start the same
command again to go on from the last checkpoint.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from research.embedded_v1.scene_pool import ScenePool

if TYPE_CHECKING:
    from research.embedded_v1.trainer import Trainer

LEARNING_RATE = 1.2e-3
LAST_LEARNING_RATE = 1e-5
WARM_UP_STEPS = 200
EMA = 0.999
EMA_EVERY = 4
PHASES = ((0.70, 48), (0.94, 64), (1.01, 96))
"""Until which share of the views, and their side in pixels. In time that is about 50, 30 and 20 %."""

CHECKPOINT_SECONDS = 120
REFRESH_STEPS = 24
FOCUS_BATCHES = 24


@dataclass
class State:
    """Where a training run stands.

    Attributes:
        step: How many batches were seen.
        seconds: How long it has trained, without pauses.
        n_views: How many views were seen.
        n_shards: How many shards of scenes were made.
        seed: Where all draws come from.
    """

    step: int = 0
    seconds: float = 0.0
    n_views: int = 0
    n_shards: int = 0
    seed: int = 0


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--banks", type=Path, default=Path("banks"), help="folder of `generate`")
    parser.add_argument("--out", type=Path, default=Path("runs/first"), help="folder of the checkpoint and the log")
    parser.add_argument("--views", type=int, default=2_300_000, help="how long to train: about 2 h on two cores")
    parser.add_argument("--batch", type=int, default=128, help="pairs of views a step")
    parser.add_argument("--shards", type=int, default=48, help="size of the pool, in 512 scenes of 24 MB")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="how many fill the pool at the start")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--smoke", action="store_true", help="a minute on a few scenes: does it learn at all?")
    arguments = parser.parse_args()
    if arguments.smoke:
        arguments.views, arguments.batch, arguments.shards = 2_000, 64, 1
    arguments.out.mkdir(parents=True, exist_ok=True)
    train(arguments.banks, arguments.out, arguments.views, arguments)


def train(banks: Path, folder: Path, n_views: int, settings: argparse.Namespace) -> list[dict[str, float]]:
    """Train until so many views were seen, then weigh the last channels (see `focus.py`) and save `final.npz`.

    Returns:
        The lines of the log of this run.
    """
    from research.embedded_v1.trainer import Trainer

    trainer = Trainer(settings.seed)
    state = _resume(trainer, folder, settings.seed)
    pool = ScenePool(
        banks, n_shards=settings.shards, n_processes=settings.processes, seed=state.seed, first_shard=state.n_shards
    )
    log: list[dict[str, float]] = []
    try:
        while state.n_views < n_views:
            log += _run_until_checkpoint(trainer, state, pool, n_views, settings.batch, folder)
        trainer.focus([pool.draw(128, np.random.default_rng((state.seed, i)))[0] for i in range(FOCUS_BATCHES)])
        np.savez(folder / "final.npz", allow_pickle=False, **trainer.averaged())
        (folder / "final.json").write_text(json.dumps(vars(state)))
    finally:
        pool.close()
    return log


def _run_until_checkpoint(
    trainer: Trainer, state: State, pool: ScenePool, n_views: int, n_pairs: int, folder: Path
) -> list[dict[str, float]]:
    """Train for two minutes, then save everything that going on needs."""
    start, before = time.monotonic(), state.seconds
    sums: dict[str, float] = {}
    n_steps = 0
    while state.n_views < n_views and state.seconds < before + CHECKPOINT_SECONDS:
        share = state.n_views / n_views
        trainer.set_side(next(side for until, side in PHASES if share < until))
        trainer.set_learning_rate(_learning_rate(share, state.step))
        first, second, shapes, textures = pool.draw(n_pairs, np.random.default_rng((state.seed, state.step)))
        losses = trainer.step(first, second, shapes, textures)
        sums = {name: sums.get(name, 0.0) + value for name, value in losses.items()}
        state.step += 1
        n_steps += 1
        state.n_views += 2 * n_pairs
        if state.step % EMA_EVERY == 0:
            trainer.average(min(EMA, state.step / (state.step + 10)) ** EMA_EVERY)
        if state.step % REFRESH_STEPS == 0:
            pool.refresh()
        state.seconds = before + time.monotonic() - start
    state.n_shards = pool.n_made
    line: dict[str, Any] = {name: round(value / n_steps, 4) for name, value in sums.items()}
    line |= {"step": state.step, "seconds": round(state.seconds), "views": state.n_views, "side": trainer.side}
    _save(trainer, state, folder)
    with (folder / "log.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(line, flush=True)
    return [line]


def _learning_rate(share: float, step: int) -> float:
    """Warm up, then fall along a cosine (Loshchilov and Hutter 2017)."""
    cosine = 0.5 * (1 + np.cos(np.pi * min(share, 1.0)))
    return (LAST_LEARNING_RATE + (LEARNING_RATE - LAST_LEARNING_RATE) * cosine) * min(1.0, (step + 1) / WARM_UP_STEPS)


def _save(trainer: Trainer, state: State, folder: Path) -> None:
    """Write the checkpoint whole or not at all, and the averaged network beside it for a look."""
    partial = folder / "checkpoint.partial.npz"
    np.savez(partial, allow_pickle=False, state=json.dumps(vars(state)), **trainer.everything())
    partial.replace(folder / "checkpoint.npz")
    np.savez(folder / "averaged.npz", allow_pickle=False, **trainer.averaged())


def _resume(trainer: Trainer, folder: Path, seed: int) -> State:
    """Read the checkpoint, if there is one."""
    path = folder / "checkpoint.npz"
    if not path.exists():
        return State(seed=seed)
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name != "state"}
        state = State(**json.loads(str(file["state"])))
    trainer.restore(arrays)
    print(f"going on from step {state.step}, {state.seconds / 60:.0f} min", flush=True)
    return state


if __name__ == "__main__":
    main()
