"""`python -m featx_core.networks.own.looking`: loads one model for another process, which may end it at any time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featx_core.base.serving import IDLE_SECONDS, limit_memory, serve
from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.kinds import N_HEAD_BYTES, is_onnx

MEMORY_BYTES = 10 * 1024**3
"""Of address space, of which TensorFlow takes a part that it never uses."""

ONNX_MEMORY_BYTES = 6 * 1024**3
"""The same for OpenVINO."""


def main(*, idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer requests until there are no more."""
    serve(answer, idle_seconds=idle_seconds, memory_bytes=MEMORY_BYTES)


def answer(content: bytes, options: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Load one file: give its facts, or what is wrong with it."""
    if is_onnx(content[:N_HEAD_BYTES]):
        from featx_core.networks.own.onnx.examination import examine

        limit_memory(ONNX_MEMORY_BYTES)
    else:
        from featx_core.networks.own.examination import examine
    try:
        return {"facts": examine(content)}, b""
    except ModelFileError as error:
        return {"fault": str(error)}, b""


if __name__ == "__main__":
    main()
