"""HDF5 files of presets: what is copied for Keras, and what is refused. Needs no KerasHub."""

import io

import h5py
import numpy as np
import pytest

from featx_core.networks.hub.weights_file import checked_copy
from featx_core.networks.weights_loading import WeightsError


def file_of(fill):
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        fill(file)
    return out.getvalue()


def plain(file):
    file["layers/a/vars/0"] = np.arange(6.0).reshape(2, 3)
    file.create_group("layers/b/vars")


def copied(tmp_path, content, *, limit=100, is_within=False):
    path = tmp_path / "model.weights.h5"
    checked_copy(content, path, "mine", limit=limit, is_within=is_within)
    return h5py.File(path, "r")


def test_groups_and_numbers_are_copied(tmp_path):
    with copied(tmp_path, file_of(plain)) as file:
        np.testing.assert_array_equal(file["layers/a/vars/0"], np.arange(6.0).reshape(2, 3))
        assert list(file["layers/b"]) == ["vars"]


def test_only_the_image_encoder_is_copied(tmp_path):
    def both(file):
        plain(file.create_group("layers/clip_vision_encoder"))
        plain(file.create_group("layers/clip_text_encoder"))

    with copied(tmp_path, file_of(both), is_within=True) as file:
        assert list(file) == ["layers"]
        assert file["layers/a/vars/0"].shape == (2, 3)
    with pytest.raises(WeightsError, match="no image encoder"):
        copied(tmp_path, file_of(plain), is_within=True)


def with_link(file):
    plain(file)
    file["layers/c"] = h5py.ExternalLink("/etc/hostname", "/")


def with_soft_link(file):
    plain(file)
    file["layers/c"] = h5py.SoftLink("/layers")


def with_text(file):
    file["layers/a/vars/0"] = ["text"]


def with_outside_data(file):
    file.create_dataset("layers/a", (4,), "f4", external=[("/dev/zero", 0, 16)])


def with_too_much(file):
    file.create_dataset("layers/a", (10**9,), "f4", chunks=(1000,), compression="gzip")


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (with_link, "links to other places"),
        (with_soft_link, "links to other places"),
        (with_text, "something else than numbers"),
        (with_outside_data, "data of other files"),
        (with_too_much, "declares more weights than its network has"),
    ],
)
def test_what_could_do_harm_is_refused(tmp_path, fill, words):
    with pytest.raises(WeightsError, match=words):
        copied(tmp_path, file_of(fill))


def test_a_damaged_file_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="damaged or in another format"):
        copied(tmp_path, file_of(plain)[:600])
