"""A server of its own for a test or a benchmark, and a browser to look at it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from playwright.sync_api import Browser, Playwright

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
START_SECONDS = 240  # a machine with other work takes its time
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic", "--disable-sync")


class Server:
    """`streamlit run app.py` (or another script) on a free port, with a home folder of its own.

    Args:
        home: Where workspaces and the log are kept.
        address: Which the server listens on.
        port: None for a free one.
        script: What is run, relative to `root`.
        root: Where it is run.
        packages: A folder of packages that are found before those that are installed.
    """

    def __init__(
        self,
        home: Path,
        *,
        address: str = "localhost",
        port: int | None = None,
        script: str = "app.py",
        root: Path = ROOT,
        packages: Path | None = None,
    ) -> None:
        self.home = home
        self._root = root
        self._environment = {"FEATX_HOME": str(home)} | ({} if packages is None else {"PYTHONPATH": str(packages)})
        self.script = script
        self.address = address
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}/"
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = {"server.port": self.port, "server.headless": "true", "server.address": self.address}
        arguments = [item for name, value in options.items() for item in (f"--{name}", str(value))]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", self.script, *arguments],
            cwd=self._root,
            env=os.environ | self._environment,
            stdout=(self.home / "server.log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.url, timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise TimeoutError(f"The server did not answer: {(self.home / 'server.log').read_text()[-2000:]}")

    def stop(self, *, kill: bool = False) -> None:
        """End it, gently or at once, and its worker with it."""
        if self._process is None:
            return
        (self._process.kill if kill else self._process.terminate)()
        self._process.wait(timeout=30)
        self._process = None

    def memory(self) -> int:
        """Resident bytes of the server process, without its worker."""
        return psutil.Process(self.pid()).memory_info().rss

    def worker(self) -> psutil.Process:
        """Find the worker process, once there is one."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for child in psutil.Process(self.pid()).children():  # others look at files
                with contextlib.suppress(psutil.Error):
                    if "featx_core.worker" in child.cmdline():
                        return child
            time.sleep(0.05)
        raise TimeoutError("The server has no worker.")

    def pid(self) -> int:
        """The number of the server's process."""
        if self._process is None:
            raise RuntimeError("The server is not running.")
        return self._process.pid


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
