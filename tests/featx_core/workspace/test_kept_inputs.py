"""Large photographs are decoded once: what networks receive of them is kept, bit by bit what the file gives."""

import contextlib
import io

import numpy as np
import pytest
from PIL import Image

from featx_core.images.decoding import decode
from featx_core.images.examiners import Examiner
from featx_core.images.fitting import fit_image
from featx_core.images.listing import records
from featx_core.workspace import kept_inputs
from featx_core.workspace.faults import DiskFullError
from featx_core.workspace.workspace import Workspace

USUAL = ((224, 224), "crop")


def photograph(seed=0, width=2400, height=1600, quality=95):
    """A JPEG of more than a megabyte."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (12, 18, 3), dtype=np.uint8)).resize((width, height))
    noise = rng.integers(-24, 25, (height, width, 3))
    out = io.BytesIO()
    Image.fromarray((np.asarray(coarse) + noise).clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
    return out.getvalue()


PHOTOGRAPH = photograph()


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.open(tmp_path / "a.featx")
    made.add([("photo.jpg", PHOTOGRAPH)])
    yield made
    made.close()


@pytest.fixture
def no_decoding(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("decoded again")

    monkeypatch.setattr(records, "decode", refuse)


def from_file(size, fit):
    return fit_image(decode(PHOTOGRAPH, at_least=size), size, fit)


def kept(workspace):
    return workspace._store.rows("SELECT form, length(value) FROM inputs ORDER BY form")


def test_the_usual_input_is_kept_by_the_intake_and_is_that_of_the_file(workspace, no_decoding):
    (record,) = workspace.images()
    np.testing.assert_array_equal(record.fitted(*USUAL), from_file(*USUAL))


@pytest.mark.parametrize("fit", ["stretch", "pad", "resize_crop"])
def test_other_inputs_are_kept_when_they_were_made_once(workspace, fit, monkeypatch):
    (record,) = workspace.images()
    first = record.fitted((32, 48), fit)
    monkeypatch.setattr(records, "decode", None)
    np.testing.assert_array_equal(first, from_file((32, 48), fit))
    np.testing.assert_array_equal(record.fitted((32, 48), fit), first)


def test_all_that_is_kept_of_a_file_is_small_beside_it(workspace):
    (record,) = workspace.images()
    for side in range(64, 320, 32):
        record.fitted((side, side), "crop")
    n_kept = sum(n_bytes for _, n_bytes in kept(workspace))
    assert 0 < n_kept <= kept_inputs.KEPT_SHARE * len(PHOTOGRAPH)


def test_of_small_files_nothing_is_kept(make_png):
    workspace = Workspace.open(":memory:")
    workspace.add([("small.png", make_png())])
    workspace.images()[0].fitted(*USUAL)
    assert kept(workspace) == []


def test_another_process_looks_at_it_with_the_same_result():
    with contextlib.closing(Examiner()) as examiner:
        facts, small, _ = examiner.examine(PHOTOGRAPH)
    assert small[8:12] == b"WEBP"
    np.testing.assert_array_equal(kept_inputs.unpack(facts.usual_input, USUAL[0]), from_file(*USUAL))


@pytest.mark.parametrize(
    "change", ["value = x'00'", "checksum = 0", "value = 'text'", "value = zeroblob(4000000)", "form = 'other'"]
)
def test_what_is_damaged_or_made_by_another_decoder_is_made_anew(workspace, change):
    with workspace._store.transaction() as connection:
        connection.execute(f"UPDATE inputs SET {change}")
    (record,) = workspace.images()
    np.testing.assert_array_equal(record.fitted(*USUAL), from_file(*USUAL))


def test_it_goes_with_its_image(workspace):
    workspace.remove(["photo.jpg"])
    assert kept(workspace) == []


def test_where_nothing_can_be_written_the_image_is_there_all_the_same(workspace, monkeypatch):
    def full(**_):
        raise DiskFullError("full")

    (record,) = workspace.images()
    monkeypatch.setattr(workspace._store, "transaction", full)
    np.testing.assert_array_equal(record.fitted((32, 32), "crop"), from_file((32, 32), "crop"))


def test_another_scaling_is_another_input(workspace):
    (record,) = workspace.images()
    record.fitted((32, 32), "crop")
    workspace.set_rendering(scaling="range")
    record.fitted((32, 32), "crop")
    assert len({form for form, _ in kept(workspace) if "32 x 32" in form}) == 2
