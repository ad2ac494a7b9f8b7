import io
import zipfile

import h5py
import numpy as np
import pytest

from featx_core.backbones.registry import BACKBONES
from featx_core.networks.origins import build_network
from featx_core.networks.weights_loading import WeightsError, load_into
from tests.toys.files.legacy_weights import legacy_file
from tests.toys.files.torch_files import View, torch_file


@pytest.fixture(scope="module")
def network():
    return build_network(BACKBONES["mobilenet_v3_small"], (32, 32))


@pytest.fixture(scope="module")
def legacy(network):
    return legacy_file(network)


def values(network):
    return [variable.numpy() for variable in network.weights]


def scramble(network):
    for variable in network.weights:
        if "float" in str(variable.dtype):
            variable.assign(np.full(variable.shape, 7.0))


def is_scrambled(network):
    return all((value == 7).all() for value in values(network) if value.dtype.kind == "f")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["legacy", "keras 3", "path"])
def test_both_forms_of_weights_load(form, network, legacy, tmp_path):
    expected = values(network)
    path = tmp_path / "a.weights.h5"
    network.save_weights(path)
    source = {"legacy": legacy, "keras 3": path.read_bytes(), "path": path}[form]
    scramble(network)
    load_into(network, source, "mine.h5")
    for ours, theirs in zip(values(network), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_nested_layers_load_from_keras_3(tmp_path):
    network = build_network(BACKBONES["convnext_tiny"], (32, 32))
    expected = values(network)
    network.save_weights(tmp_path / "a.weights.h5")
    scramble(network)
    load_into(network, tmp_path / "a.weights.h5", "mine")
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(values(network), expected, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("form", ["legacy", "keras 3"])
def test_weights_that_do_not_fit_are_named_and_change_nothing(form, network, tmp_path):
    other = build_network(BACKBONES["mobilenet_v3_large"], (32, 32))
    other.save_weights(tmp_path / "a.weights.h5")
    source = legacy_file(other) if form == "legacy" else tmp_path / "a.weights.h5"
    scramble(network)
    with pytest.raises(WeightsError) as error:
        load_into(network, source, "large.h5")
    words = str(error.value)
    assert words.startswith("`large.h5` does not match this network: ")
    assert words.count("the network has") == 5
    assert "the network has (1, 1, 16, 8) and (8,), the file" in words or "the network has (3, 3, 16, 1)" in words
    assert "The network was not changed." in words
    assert is_scrambled(network)


def test_every_layer_is_compared(network, legacy):
    content = io.BytesIO(legacy)
    with h5py.File(content, "r+") as file:
        names = file.attrs["layer_names"][-3:]
        file.attrs["layer_names"] = file.attrs["layer_names"][:-3]
    with pytest.raises(WeightsError, match=r"2 of \d+ layers with weights differ.*the file nothing") as error:
        load_into(network, content.getvalue(), "short.h5")
    assert all(f"`{name}`" in str(error.value) for name in names[:2])


def whole_model():
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file.attrs["model_config"] = "{}"
        file.create_group("model_weights")
    return out.getvalue()


def plain_hdf5():
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file["numbers"] = np.zeros(3)
    return out.getvalue()


def zipped(member):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(member, "")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (whole_model(), r"is a whole model \(\.h5\), not a file of weights\. In Keras, write only its weights"),
        (
            zipped("metadata.json"),
            r"is a whole model of Keras \(\.keras\), not a file of weights\. In Keras, write only",
        ),
        (zipped("model/data.pkl"), r"is a file of PyTorch\. featx reads weights of Keras only\. Extract the features"),
        (
            torch_file({"a": View("1", (2,), (1,))}, {"1": np.zeros(2, "f4")}),
            r"is a file of PyTorch\. featx reads weights",
        ),
        (zipped("a.npy"), r"is an archive of NumPy \(\.npz\)"),
        (zipped("photos/1.png"), "is an archive, not a file of weights"),
        (b"\x08\x00\x00\x00\x00\x00\x00\x00{}      ", r"is a file of safetensors\. featx reads weights of Keras only"),
        (b"\x1c\x00\x00\x00TFL3", "is a model of TensorFlow Lite"),
        (plain_hdf5(), "is an HDF5 file, but holds no Keras weights"),
        (
            b"\x89HDF\r\n\x1a\n and so on",
            "could not be read as a file of Keras weights: it is damaged or in another format",
        ),
        (b"not HDF5 at all", "is damaged or in another format: Keras weights are HDF5 files"),
        (b"PK\x03\x04", "is an archive, not a file of weights"),
        (b"", "is damaged or in another format"),
    ],
)
def test_anything_else_is_called_what_it_is(content, reason, network):
    with pytest.raises(WeightsError, match=f"^`my file` {reason}"):
        load_into(network, content, "my file")


def test_a_cut_file_is_refused(network, legacy):
    scramble(network)
    with pytest.raises(WeightsError, match="is damaged or in another format"):
        load_into(network, legacy[: len(legacy) // 2], "cut.h5")
    assert is_scrambled(network)


def with_values(legacy, value, dtype, path="conv/conv/kernel"):
    """Change one value of a file of weights, kept in a type of its own."""
    content = io.BytesIO(legacy)
    with h5py.File(content, "r+") as file:
        values = file[path][()].astype(dtype)
        values.flat[-1] = value
        del file[path]
        file[path] = values
    return content.getvalue()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_values_that_are_no_numbers_are_refused(network, legacy, value, dtype):
    scramble(network)
    with pytest.raises(
        WeightsError, match=r"`a\.h5` holds values that are not finite, in layer `conv`: NaN or infinite"
    ):
        load_into(network, with_values(legacy, value, dtype), "a.h5")
    assert is_scrambled(network)


@pytest.mark.parametrize("value", [1e300, -1e300, 3.5e38])
def test_values_beyond_float32_are_refused_by_the_name_of_the_layer(network, legacy, value):
    scramble(network)
    with pytest.raises(
        WeightsError, match=rf"holds values beyond float32, in layer `conv`: up to {value:.3g}\.".replace("+", r"\+")
    ):
        load_into(network, with_values(legacy, value, "f8"), "large.h5")
    assert is_scrambled(network)


def test_values_beyond_float32_are_found_in_the_form_of_keras_3_too(network, tmp_path):
    path = tmp_path / "a.weights.h5"
    network.save_weights(path)
    with h5py.File(path, "r+") as file:
        group = file["layers/conv2d/vars"]
        values = group["0"][()].astype("f8")
        values.flat[0] = 1e39
        del group["0"]
        group["0"] = values
    scramble(network)
    with pytest.raises(WeightsError, match="holds values beyond float32, in layer `conv`"):
        load_into(network, path, "large.weights.h5")
    assert is_scrambled(network)


def test_the_largest_values_of_float32_load(network, legacy):
    largest = float(np.finfo(np.float32).max)
    load_into(network, with_values(legacy, -largest, "f8"), "edge.h5")
    assert network.get_layer("conv").get_weights()[0].flat[-1] == -np.finfo(np.float32).max


@pytest.mark.parametrize("kind", ["soft", "external", "external data", "virtual", "text"])
def test_no_link_leads_out_of_the_file(kind, network, legacy, tmp_path):
    content = io.BytesIO(legacy)
    shape = (3, 3, 3, 16)
    with h5py.File(content, "r+") as file:
        group = file["conv/conv"]
        group.move("kernel", "other")
        if kind == "soft":
            group["kernel"] = h5py.SoftLink("/conv/conv/other")
        elif kind == "external":
            group["kernel"] = h5py.ExternalLink(str(tmp_path / "x.h5"), "/secret")
        elif kind == "external data":
            group.create_dataset("kernel", shape, "f4", external=[(str(tmp_path / "raw"), 0, h5py.h5f.UNLIMITED)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout(shape, "f4")
            layout[...] = h5py.VirtualSource(str(tmp_path / "x.h5"), "secret", shape)
            group.create_virtual_dataset("kernel", layout)
        else:
            group.create_dataset("kernel", shape, h5py.string_dtype())
    with pytest.raises(WeightsError, match="is damaged or in another format"):
        load_into(network, content.getvalue(), "hostile.h5")


def test_a_shape_bomb_costs_nothing(network, legacy):
    content = io.BytesIO(legacy)
    with h5py.File(content, "r+") as file:
        del file["conv/conv/kernel"]
        file["conv/conv"].create_dataset("kernel", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024), compression="gzip")
    with pytest.raises(WeightsError, match=r"the file \(1048576, 1048576\)"):
        load_into(network, content.getvalue(), "bomb.h5")


def test_a_file_over_the_limit_is_refused(network, monkeypatch, legacy):
    monkeypatch.setattr("featx_core.networks.weights_loading.MAX_WEIGHTS_BYTES", 1_000_000)
    with pytest.raises(WeightsError, match=r"too large: \d MB; the limit is 1 MB"):
        load_into(network, legacy, "large.h5")
    load_into(network, legacy, "large.h5", is_trusted=True)
