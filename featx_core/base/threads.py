"""Work on several threads, in order, each with one thread of linear algebra."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

N_THREADS = 2


def in_threads(
    function: Callable[[Item], Result], items: Sequence[Item], *, threads: int = N_THREADS
) -> Iterator[Result]:
    """Apply a function to each item on some threads, each with one thread of linear algebra, and return results in order.

    Small matrices run several times faster so than on all threads of the library, which wait for each other. The results do
    not depend on the number of threads.
    """
    from threadpoolctl import ThreadpoolController

    limit = functools.partial(ThreadpoolController().limit, limits=1)  # looks for the libraries once
    with limit():
        pool = ThreadPoolExecutor(threads, initializer=limit)  # OpenMP counts by thread
        try:
            yield from pool.map(function, items)
        finally:
            pool.shutdown(cancel_futures=True)
