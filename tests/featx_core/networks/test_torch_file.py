import io
import zipfile

import numpy as np
import pytest

from featx_core.networks.torch_file import read_tensors
from featx_core.networks.weights_loading import WeightsError
from tests.toys.files.torch_files import View, asking_for, torch_file

NUMBERS = np.arange(6, dtype=np.float32)


def test_tensors_are_read_with_their_strides_and_offsets():
    views = {
        "rows": View("1", (2, 3), (3, 1)),
        "columns": View("1", (2, 3), (1, 2)),
        "part": View("1", (2, 2), (3, 1), offset=1),
        "spread": View("1", (3,), (0,), offset=5),
        "count": View("2", (), ()),
    }
    tensors = read_tensors(torch_file(views, {"1": NUMBERS, "2": np.array([7])}), "a.pth")
    assert list(tensors) == list(views)
    np.testing.assert_array_equal(tensors["rows"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(tensors["columns"], [[0, 2, 4], [1, 3, 5]])
    np.testing.assert_array_equal(tensors["part"], [[1, 2], [4, 5]])
    np.testing.assert_array_equal(tensors["spread"], [5, 5, 5])
    assert tensors["count"] == 7
    assert tensors["rows"].dtype == np.float32
    assert tensors["rows"].flags.writeable


@pytest.mark.parametrize("name", ["os.mkdir", "builtins.eval", "numpy.load", "torch._utils._rebuild_tensor"])
def test_a_file_that_asks_for_more_is_not_read_and_nothing_is_called(name, tmp_path):
    content = torch_file({"a": View("1", (6,), (1,))}, {"1": NUMBERS}, more=asking_for(name, str(tmp_path / "made")))
    with pytest.raises(
        WeightsError, match=rf"`bad.pth` holds more than arrays \(it asks for `{name}`\), and was not read"
    ):
        read_tensors(content, "bad.pth")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "view",
    [
        View("1", (7,), (1,)),
        View("1", (2, 3), (3, 2)),
        View("1", (2,), (1,), offset=5),
        View("1", (2,), (1,), offset=-1),
        View("1", (2,), (-1,), offset=3),
        View("1", (-2,), (1,)),
        View("1", (0,), (1,)),
        View("1", (2, 3), (1,)),
        View("1", (1 << 40, 1 << 40), (1, 1)),
    ],
)
def test_a_tensor_that_reaches_out_of_its_storage_is_refused(view):
    with pytest.raises(WeightsError, match=r"`a\.pth` could not be read as tensors of PyTorch: it is damaged"):
        read_tensors(torch_file({"a": view}, {"1": NUMBERS}), "a.pth")


def test_a_cut_file_is_refused_wherever_it_ends():
    content = torch_file({"a": View("1", (6,), (1,))}, {"1": NUMBERS})
    for end in range(0, len(content), 7):
        with pytest.raises(WeightsError, match="is damaged or in another format"):
            read_tensors(content[:end], "cut.pth")


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
    return out.getvalue()


@pytest.mark.parametrize("content", [zipped(), b"", b"\x89HDF\r\n\x1a\n", b"\x80\x02}.", b"\x80\x02K\x01." * 5])
def test_anything_else_is_refused(content):
    with pytest.raises(WeightsError, match="is damaged or in another format"):
        read_tensors(content, "other")
