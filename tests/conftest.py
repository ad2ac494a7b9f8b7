"""What all tests share: a folder of their own instead of the user's, and small images."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from featx_core.workspace.workspace import Workspace

N_PROCESSES = 2
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the worker is started: threads that wait for others sleep


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run the suite in two processes, but in this one what is picked by hand: it starts sooner, and a debugger works."""
    return N_PROCESSES if config.args_source is pytest.Config.ArgsSource.TESTPATHS else 0


LEFT_OUT = {
    "network": "downloads for real: ask for it with `-m network`",
    "thorough": "runs before a release, by `-m thorough`",
}
"""Tests that run only where their mark is asked for, and why."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is run only where it is asked for by its mark."""
    for mark, reason in LEFT_OUT.items():
        if mark not in config.option.markexpr:
            for item in items:
                if item.get_closest_marker(mark):
                    item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep tests away from the user's workspaces."""
    folder = tmp_path_factory.mktemp("featx-home")
    monkeypatch.setitem(os.environ, "FEATX_HOME", str(folder))
    return folder


def png(value: int = 0, *, width: int = 40, height: int = 30) -> bytes:
    """Make a small PNG, different for each value."""
    pixels = np.random.default_rng(value).integers(0, 256, (height, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def make_png() -> Callable[..., bytes]:
    return png


@pytest.fixture
def workspace() -> Workspace:
    """Return a workspace in memory with six images of two labels."""
    made = Workspace.open(":memory:")
    made.add([(f"{'cat' if i % 2 else 'dog'}/{i}.png", png(i)) for i in range(6)])
    return made
