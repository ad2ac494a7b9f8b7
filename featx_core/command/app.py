"""`featx app`: the app in the browser."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from featx_core.command.outcome import DONE, CommandError
from featx_core.command.terminal import Terminal

HELP = "open the app in the browser"
DESCRIPTION = """\
Start the app on this computer and open it in the browser. Ctrl+C ends it.

  featx app
  featx app --port 8600
"""
MAX_PORT = 65_535
END_SECONDS = 10.0
"""For the server, until it is asked more firmly."""
ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / "featx_app"
"""Where a wheel puts the app, beside the core."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe what the command takes."""
    parser.add_argument("--port", type=int, default=8501, help="default: 8501")
    parser.add_argument("--no-browser", action="store_true", help="start the server alone")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Start the server and wait until it ends."""
    folder = folder_of_app()
    if importlib.util.find_spec("streamlit") is None:
        raise CommandError("The app needs Streamlit, which is not installed here.")
    check_port(arguments.port)
    options = ["--server.port", str(arguments.port), "--server.headless", str(arguments.no_browser).lower()]
    server = subprocess.Popen([sys.executable, "-m", "streamlit", "run", "app.py", *options], cwd=folder)
    try:
        return server.wait()
    except KeyboardInterrupt:  # the server received it as well
        _end(server)
        return DONE


def _end(server: subprocess.Popen[bytes]) -> None:
    """Let the server end its work, as long as that takes a moment."""
    stops: list[Callable[[], None]] = [lambda: None, server.terminate, server.kill]
    for stop in stops:
        stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(END_SECONDS)
            return


def check_port(port: int) -> None:
    """Refuse a port that the server cannot have.

    Raises:
        CommandError: If it is none, or taken.
    """
    if not 1 <= port <= MAX_PORT:
        raise CommandError(f"--port must be 1 to {MAX_PORT}. Received: {port}.")
    try:
        with socket.create_connection(("localhost", port), timeout=1):
            raise CommandError(
                f"Port {port} is in use, perhaps by another featx. Name another one: featx app --port {port % MAX_PORT + 1}"
            )
    except OSError:  # nobody is there
        return


def folder_of_app() -> Path:
    """The folder that holds `app.py`: that of the checkout, or that of the installed package.

    Raises:
        CommandError: If neither is there.
    """
    for folder in (INSTALLED, ROOT):
        if (folder / "app.py").is_file() and (folder / "pages").is_dir():
            return folder
    raise CommandError("The app is not installed here, only the core.")
