"""What is answered between the steps of a job."""

import base64
import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

import featx_core as fx
from featx_core.augmentation.copies import make_copies
from featx_core.methods import registry as methods
from featx_core.tasks.encoding import outline_from_json
from featx_core.tasks.questions import MAX_PREVIEWS, outline, show_copies
from featx_core.tasks.requests import CopiesQuestion, OutlineQuestion
from tests.toys.entered_runs import enter_table, picture
from tests.toys.studying import SMALL

NETWORK = fx.Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))


def shown(workspace, *fields):
    pictures = show_copies(workspace, CopiesQuestion(*fields).to_parameters())["pictures"]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(text))), np.float64) for text in pictures]


def test_copies_shown_are_those_of_the_run(workspace):
    workspace.add([("cat/blotches.png", picture(0))])
    record = workspace.images().select(["blotches.png"])[0]
    spec = fx.Augmented(NETWORK, n_copies=5, seed=4)
    pictures = shown(workspace, spec, record.digest, spec.transforms, 3, 4, True)
    fitted = spec.picture_input.of(record.pixels()).fitted
    expected = make_copies(fitted[None], spec.transforms, n_copies=5, seed=4, with_original=True)[0]
    assert len(pictures) == 3
    for number, each in enumerate(pictures):
        agreement = [np.corrcoef(each.ravel(), other.ravel())[0, 1] for other in expected]
        assert agreement[number] == max(agreement) > 0.95  # WebP loses detail, not places


def test_no_more_copies_are_shown_than_a_page_takes(workspace):
    image = workspace.images().digests[0]
    assert len(shown(workspace, SMALL, image, (("rotation", 5.0),), 64, 0, False)) == MAX_PREVIEWS


def test_an_image_that_is_gone_has_no_copies(workspace):
    with pytest.raises(ValueError, match="This image is no longer in the workspace"):
        shown(workspace, NETWORK, "0" * 64, (), 1, 0, True)


def test_rows_of_numbers_have_no_copies(workspace):
    table = enter_table(workspace, ("a", "b"), (None, None))
    with pytest.raises(ValueError, match="These are vectors: there are no images to augment"):
        shown(workspace, table.spec, workspace.images().digests[0], (), 1, 0, True)


def test_an_outline_comes_back_as_it_was():
    asked = OutlineQuestion(SMALL).to_parameters()
    assert outline_from_json(outline(None, asked)) == methods.outline(SMALL)


def test_an_outline_of_a_layer_that_is_not_there_is_told():
    asked = OutlineQuestion(dataclasses.replace(NETWORK, layer="stage99")).to_parameters()
    with pytest.raises(ValueError, match="stage99"):
        outline(None, asked)
