"""What a file of weights declares is counted before any of it is read; links out of it are refused."""

import io

import h5py
import numpy as np
import pytest

from featx_core.networks.own.errors import ModelFileError
from featx_core.networks.own.weights_header import check_weights
from tests.toys.files.model_files import weights


def written(write):
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        write(file)
    return out.getvalue()


def test_numbers_are_counted_without_those_of_the_optimizer():
    content = weights({"layers/a/vars/0": np.zeros((3, 4)), "vars/0": np.zeros(2), "optimizer/vars/1": np.zeros(99)})
    assert check_weights(content) == 14


def declared(file, path, shape, **options):
    return file.create_dataset(path, shape, "f4", chunks=(1,) * (len(shape) - 1) + (64,), **options)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda file: declared(file, "layers/a/vars/0", (40_000, 40_000)), r"declares more than 1\.1 GB of weights"),
        (lambda file: declared(file, "layers/a/vars/0", (200_000_000,)), r"declares more than 150 M parameters"),
        (lambda file: file.__setitem__("a", h5py.ExternalLink("other.h5", "/")), "leads to other files"),
        (lambda file: file.__setitem__("a", h5py.SoftLink("/b")), "leads to other files"),
        (
            lambda file: file.create_dataset("a", (4,), "f4", external=[("other.h5", 0, 16)]),
            "leads to other files",
        ),
        (
            lambda file: file.create_virtual_dataset("a", virtual()),
            "leads to other files",
        ),
        (lambda file: file.__setitem__("a", ["text"]), "holds weights that are no numbers"),
        (lambda file: file.create_group("/".join("a" * 70)), "lie too deep"),
    ],
)
def test_what_declares_too_much_or_leads_out_is_refused(write, words):
    with pytest.raises(ModelFileError, match=words):
        check_weights(written(write))


def virtual():
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
    return layout


def test_a_circle_of_links_ends():
    def circle(file):
        file.create_group("a")["b"] = file["/"]

    with pytest.raises(ModelFileError, match=r"lie too deep|too many parts"):
        check_weights(written(circle))


def test_what_is_no_file_of_weights_is_damaged():
    with pytest.raises(ModelFileError, match="is damaged: its weights cannot be read"):
        check_weights(b"no file")


def test_damage_anywhere_is_said_in_words():
    whole, n_refused = weights({"layers/a/vars/0": np.zeros((3, 4)), "vars/0": np.zeros(2)}), 0
    for at in range(0, 1000, 5):
        content = bytearray(whole)
        content[at : at + 8] = b"\xff" * 7 + b"\x7f"
        try:
            check_weights(bytes(content))
        except ModelFileError:
            n_refused += 1
    assert n_refused > 20
