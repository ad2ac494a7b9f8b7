"""Where featx keeps files on this machine."""

import os
from pathlib import Path

import platformdirs


def data_folder(name: str) -> Path:
    """Return a folder of featx's own, made when missing.

    It lies in the user's data folder, or in the folder that the environment variable `FEATX_HOME` names.

    Args:
        name: The part of the data, such as "workspaces".
    """
    home = os.environ.get("FEATX_HOME")
    folder = (Path(home) if home else platformdirs.user_data_path("featx", appauthor=False)) / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
