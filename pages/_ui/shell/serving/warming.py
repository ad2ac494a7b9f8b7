"""What the server imports once its first page stands, so that the first results do not wait for it."""

import gc
import importlib
import threading

import threadpoolctl

from featx_core.figures import style

MAX_SECONDS = 4.0
"""After the start, by which it begins whether somebody looks at a page or not."""

_NEXT = (
    "pages._ui.extract.forms",
    "pages._ui.extract.results",
    "pages._ui.extract.set_up",
    "pages._ui.extract.training",
)
_FIGURES = ("plotly.graph_objects", "plotly.io")

_stands = threading.Event()


def begin() -> None:
    """Wait for the first page, in a thread of its own."""
    threading.Thread(target=_warm_up, name="featx-warm-up", daemon=True).start()


def page_stands() -> None:
    """Say that a page was drawn."""
    _stands.set()


def _warm_up() -> None:
    """Import it. What stays for good is then left out of each collection of garbage, during which no page is drawn."""
    _stands.wait(MAX_SECONDS)
    for name in (*_NEXT, *_FIGURES):
        importlib.import_module(name)
    style.blank_figure(dark=False)
    threadpoolctl.threadpool_limits(limits=1)  # beside a busy worker, threads of linear algebra wait for each other
    gc.collect()
    gc.freeze()
