"""Run in a process of its own, which never imports featx: a script on its reference files, step by step."""

import json
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any


def run(folder: str, names: list[str]) -> None:
    """Run the script in a folder as its users do, and keep what its steps gave, or where it failed.

    Args:
        folder: With `features.py` and its files. `found.npz` or `failed.json` is written there.
        names: Of the reference files, in the folder.
    """
    place = Path(folder)
    script, paths = str(place / "features.py"), [str(place / name) for name in names]
    sys.argv = [script, *paths, "-o", str(place / "features.npz")]
    try:
        told = runpy.run_path(script, run_name="__main__")
        _keep(told, paths, place)
    except BaseException as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script]
        line = lines[-1] if lines else getattr(error, "lineno", None)  # of a SyntaxError
        words = f"{type(error).__name__}: {error}"
        (place / "failed.json").write_text(json.dumps({"line": line, "error": words[:500]}), "utf-8")


def _keep(told: dict[str, Any], paths: list[str], place: Path) -> None:
    import numpy as np

    steps: dict[str, Any] = {}
    if "read" in told:
        steps["read"] = np.stack([told["read"](path) for path in paths])
        steps["preprocess"] = told["preprocess"](steps["read"])
    with np.load(place / "features.npz", allow_pickle=False) as saved:
        steps["extract"] = saved["values"]
    np.savez(place / "found.npz", **steps)


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2:])
