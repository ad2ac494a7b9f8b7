"""The network as a file, as a study."""

import numpy as np
import pytest

import featx_core as fx
from featx_core.base.keras_setup import load_keras
from featx_core.studies.model_file import SAVING, ModelFile, ModelFileStudy
from tests.toys.entered_runs import Told
from tests.toys.studying import SMALL, done


def test_the_file_holds_the_network_of_the_extractor(workspace, tmp_path):
    told, path = Told(), tmp_path / "network.keras"
    path.write_bytes(done(workspace, ModelFileStudy(SMALL), told).content)
    network, extractor = load_keras().models.load_model(path, safe_mode=True), fx.build(SMALL)
    pictures = np.stack([extractor.fit_image(image.pixels()) for image in workspace.images()])
    given = np.asarray(network(extractor.preprocess(pictures)))
    np.testing.assert_allclose(given, extractor(pictures), rtol=1e-4, atol=1e-5)
    assert told.stages[-1] == SAVING


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_bytes_that_are_no_keras_file_are_refused(content):
    with pytest.raises(ValueError, match=r"These bytes are not a `\.keras` file"):
        ModelFile.from_bytes(content)
