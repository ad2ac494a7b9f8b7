"""`featx app`: the app in the browser."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

from featx_core.command.outcome import CommandError
from featx_core.command.terminal import Terminal

HELP = "open the app in the browser"
DESCRIPTION = """\
Start the app on this computer and open it in the browser. Ctrl+C ends it.

  featx app
  featx app --port 8600
"""
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
    options = ["--server.port", str(arguments.port), "--server.headless", str(arguments.no_browser).lower()]
    return subprocess.call([sys.executable, "-m", "streamlit", "run", "app.py", *options], cwd=folder)


def folder_of_app() -> Path:
    """The folder that holds `app.py`: that of the checkout, or that of the installed package.

    Raises:
        CommandError: If neither is there.
    """
    for folder in (INSTALLED, ROOT):
        if (folder / "app.py").is_file() and (folder / "pages").is_dir():
            return folder
    raise CommandError("The app is not installed here, only the core.")
