"""The cache of converted graphs on disk: keyed by content, verified on reading, limited in size."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featx_core.architecture.layers import stable_names
from featx_core.base.files.folders import data_folder
from featx_core.base.files.whole_file import remove_strays, write_whole
from featx_core.networks.engines.openvino_engine import Graph, version

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras

GRAPH_VERSION = 1
"""Raised whenever featx traces, converts or stores graphs in another way."""

LIMIT_BYTES = 2 * 1024**3
"""Of all graphs together; the one that was not used for the longest time goes first."""

FACTS_SECONDS = 7 * 24 * 3600.0
"""After a week it is tried again: what was measured may have been measured beside other work."""

_SUFFIX = ".graph"


def graph_key(model: keras.Model) -> str | None:
    """Name a converted graph by all that it depends on: architecture, weights, tap, input size, versions.

    Args:
        model: From preprocessed images to features.

    Returns:
        SHA-256 in hexadecimal; None for a model that cannot say what it is made of.
    """
    try:
        config = model.get_config()
    except (NotImplementedError, TypeError, ValueError):
        return None
    facts = {
        "architecture": _architecture({**config, "name": ""}, model),
        "input": list(model.input.shape[1:]),
        "versions": {name: importlib.metadata.version(name) for name in ("keras", "tensorflow")},
        "openvino": version(),
        "featx": GRAPH_VERSION,
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode())
    for variable in model.weights:
        digest.update(np.ascontiguousarray(variable.numpy()).data)
    return digest.hexdigest()


def load(key: str) -> Graph | None:
    """Read a graph; one that is damaged is removed.

    Args:
        key: As `graph_key` gives it.

    Returns:
        The graph, or None if there is none or a damaged one.
    """
    try:
        path = _path(key)
        content = np.fromfile(path, np.uint8)
    except OSError:
        return None
    graph = _parsed(content)
    with contextlib.suppress(OSError):
        if graph is None:
            path.unlink()
        else:
            os.utime(path)
    return graph


def has(key: str) -> bool:
    """Whether there is a graph, which may be damaged."""
    try:
        return _path(key).is_file()
    except OSError:
        return False


def keep(key: str, graph: Graph) -> None:
    """Write a graph, all of it or nothing, and remove the oldest others beyond `LIMIT_BYTES`. A full disk keeps nothing."""
    size = len(graph.xml) + graph.weights.size
    if size > LIMIT_BYTES:
        return
    digest = hashlib.sha256(graph.xml)
    digest.update(graph.weights.data)
    header = {"xml_bytes": len(graph.xml), "weights_bytes": int(graph.weights.size), "sha256": digest.hexdigest()}
    parts = (json.dumps(header).encode() + b"\n", graph.xml, graph.weights.data)
    with contextlib.suppress(OSError):
        write_whole(_path(key), parts)
        _trim()


def read_facts(key: str) -> dict[str, Any]:
    """Read what was found out about a graph: `failure` (why it is not used), `ratio` (its speed over TensorFlow's)."""
    try:
        path = _facts_path(key)
        is_old = time.time() - path.stat().st_mtime > FACTS_SECONDS
        facts = {} if is_old else json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def write_facts(key: str, facts: Mapping[str, Any]) -> None:
    """Keep what was found out about a graph. A full disk keeps nothing."""
    with contextlib.suppress(OSError):
        write_whole(_facts_path(key), json.dumps(dict(facts)).encode())


def is_empty() -> bool:
    """Whether nothing is kept at all: then no key needs to be worked out."""
    try:
        return not any(_folder().iterdir())
    except OSError:
        return True


def lock_path(key: str) -> Path:
    """Name the file that processes lock while they convert this graph."""
    return _folder() / f"{key}.lock"


def _folder() -> Path:
    return data_folder("graphs")


def _path(key: str) -> Path:
    return _folder() / f"{key}{_SUFFIX}"


def _facts_path(key: str) -> Path:
    return _folder() / f"{key}.json"


def _architecture(config: dict[str, Any], model: keras.Model) -> str:
    """Write the configuration with the names that a fresh process would make up."""
    made = [(operation.name, type(operation).__name__) for operation in model.operations]
    names = {json.dumps(name): json.dumps(new) for (name, _), new in zip(made, stable_names(made), strict=True)}
    text = json.dumps(config, sort_keys=True, default=str)
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda match: names.get(match[0], match[0]), text)


def _parsed(content: np.ndarray) -> Graph | None:
    start = content[:4096].tobytes().find(b"\n") + 1
    try:
        header = json.loads(content[:start].tobytes())
        middle = start + int(header["xml_bytes"])
        is_whole = start > 0 and len(content) == middle + int(header["weights_bytes"])
        is_right = is_whole and hashlib.sha256(content[start:].data).hexdigest() == header["sha256"]
    except (ValueError, KeyError, TypeError):
        return None
    return Graph(content[start:middle].tobytes(), content[middle:].copy()) if is_right else None


def _trim() -> None:
    """Remove the graphs that were not used for the longest time, and what dead processes left half-written."""
    remove_strays(_folder())
    found = sorted(
        ((path.stat().st_mtime_ns, path.stat().st_size, path) for path in _folder().glob(f"*{_SUFFIX}")), reverse=True
    )
    total = 0
    for _, size, path in found:
        total += size
        if total > LIMIT_BYTES:
            with contextlib.suppress(OSError):
                path.unlink()
