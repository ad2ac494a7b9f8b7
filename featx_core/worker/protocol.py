"""The worker's two pipes to the server: one JSON message per line."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO


class Channel:
    """The way to the server and back. Several threads may send at once.

    Args:
        incoming: Messages of the server.
        outgoing: Messages to the server.
    """

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message.

        Raises:
            TypeError: If the message holds something that is not a JSON value.
            ValueError: If it holds a NaN or an infinite number.
            OSError: If the server is gone.
        """
        line = json.dumps(message, allow_nan=False).encode("utf-8") + b"\n"
        with self._lock:
            self._outgoing.write(line)
            self._outgoing.flush()

    def messages(self) -> Iterator[dict[str, Any]]:
        """Return the messages of the server as they come, until it closes the pipe."""
        for line in self._incoming:
            yield json.loads(line)


def take_standard_streams() -> Channel:
    """Take standard input and output for messages alone.

    Whatever else writes to standard output from here on, native code included, writes to standard error; whatever reads
    standard input finds it empty. Processes that the worker starts do not get the pipes.
    """
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdout.flush()
    os.dup2(2, 1)
    return Channel(os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb"))
