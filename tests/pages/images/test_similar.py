"""What the drawer of an image says of the images most like it."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from featx_core.specs.pretrained import Pretrained
from pages._ui.shell import library

SPEC = Pretrained("mobilenet_v3_small", weights="random")
NAMES = ("a.png", "b.png", "c.png", "d.png")


@pytest.fixture
def token(shelve, make_png):
    return shelve([(name, make_png(number)) for number, name in enumerate(NAMES)])


def drawn(token, name):
    """Draw what the drawer says of similar images as a page of its own."""
    return AppTest.from_string(
        "import streamlit as st\n"
        f"st.session_state.setdefault('token', {token!r})\n"
        f"st.session_state['similar_{name}'] = True\n"
        "from pages._ui.images import similar; from pages._ui.shell import library\n"
        f"similar.show(next(i for i in library.open_workspace({token!r}).images() if i.name == {name!r}))",
        default_timeout=60,
    ).run()


def keep(token, vectors):
    workspace = library.open_workspace(token)
    digests = dict(zip(workspace.images().names, workspace.images().digests, strict=True))
    workspace.vectors.save(SPEC.digest, {digests[name]: np.array(row, np.float32) for name, row in vectors.items()})
    workspace.ledger.save(SPEC, {})


def test_the_nearest_come_first_with_their_cosine(token):
    keep(token, {"a.png": [1, 0], "b.png": [0, 1], "c.png": [3, 4], "d.png": [2, 0]})
    said = [caption.value for caption in drawn(token, "a.png").caption]
    assert [words.replace("\\", "") for words in said[:3]] == ["1.00 d.png", "0.60 c.png", "0.00 b.png"]


def test_images_whose_features_are_no_numbers_are_passed_over(token):
    keep(token, {"a.png": [1, 0], "b.png": [np.nan, 1], "c.png": [3, 4], "d.png": [2, 0]})
    said = [caption.value.replace("\\", "") for caption in drawn(token, "a.png").caption]
    assert said[:2] == ["1.00 d.png", "0.60 c.png"]
    assert "not all finite" in drawn(token, "b.png").caption[0].value


def test_an_image_without_features_says_what_to_do(token):
    assert "Extract features first" in drawn(token, "a.png").caption[0].value
    keep(token, {"b.png": [0, 1], "c.png": [3, 4]})
    assert "Extract again" in drawn(token, "a.png").caption[0].value
