"""What the server imports before it is needed, and what it does not import at all for a first result."""

import subprocess
import sys

import pytest

from tests.toys.app.serving import ROOT

_FIRST_RESULT = """
import sys, logging
logging.disable(logging.CRITICAL)
import numpy as np
from pages._ui.shell.serving import server, warming
before = set(sys.modules)
warming.page_stands()
warming._warm_up()
from featx_core.figures.features import features_figure
from featx_core.figures.maps import map_figure
from featx_core.maps.projection import project
projection = project(np.random.default_rng(0).random((65, 1280), np.float32), "pca")
warm = set(sys.modules)
map_figure(projection, names=["a"] * 65, groups=["b"] * 65).to_json()
print(sorted(name for name in ("pandas", "pyarrow", "scipy", "sklearn") if name in sys.modules))
print(len(warm - before) > 100, "pages._ui.extract.results" in warm, len(set(sys.modules) - warm) < 20)
"""


@pytest.mark.slow
def test_a_first_result_waits_for_no_library_that_it_does_not_need():
    command = [sys.executable, "-c", _FIRST_RESULT]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout == "[]\nTrue True True\n"
