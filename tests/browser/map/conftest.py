"""A workspace with a run for all tests of the map, and the map in a tab."""

import pytest

from featx_core.workspace.workspace import Workspace
from pages._ui.shell.library import new_token
from tests.browser.map.the_map import Map, features, pictures
from tests.toys.app.visiting import keep_run


@pytest.fixture(scope="package")
def token(server):
    made = new_token()
    folder = server.home / "workspaces"
    folder.mkdir(exist_ok=True)
    workspace = Workspace.open(folder / f"{made}.featx")
    workspace.add(pictures())
    keep_run(workspace, features())
    workspace.close()
    return made


@pytest.fixture
def on_map(server, open_tab, token):
    """Open the map. No network runs for the image that is selected."""

    def open_one(query="&map=pca", **options):
        return Map(open_tab(f"{server.url}map?w={token}{query}&heatmap=none", **options))

    return open_one
