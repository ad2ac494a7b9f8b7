import json

import numpy as np
import pytest

from featx_core.base.keras_setup import load_keras
from featx_core.networks.embedded.folding import fold_variables
from featx_core.networks.embedded.network import build
from featx_core.networks.embedded.weights import digest_arrays, probe_image, read_card, read_weights
from featx_core.networks.named_arrays import assign
from featx_core.networks.weights_loading import WeightsError
from research.embedded_v1 import export as export_script
from research.embedded_v1.export import export, halve, write_untrained


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Weights of a network that was never trained, with its checkpoint."""
    load_keras()
    folder = tmp_path_factory.mktemp("embedded")
    write_untrained(folder / "checkpoint.npz", seed=5)
    export(folder / "checkpoint.npz", folder / "v1.npz", {"training": {"seed": 5}})
    return folder


@pytest.fixture
def copy(shipped, tmp_path):
    for name in ("v1.npz", "card.json"):
        (tmp_path / name).write_bytes((shipped / name).read_bytes())
    return tmp_path


def pooled(network, image):
    return np.asarray(network(image[np.newaxis].astype(np.float32), training=False))[0].mean(axis=(0, 1))


def test_folding_is_the_formula_worked_out_by_hand():
    variables = {
        "a_conv/kernel": np.full((1, 1, 1, 2), 3.0),
        "a_norm/gamma": np.array([2.0, 1.0]),
        "a_norm/beta": np.array([5.0, 0.0]),
        "a_norm/moving_mean": np.array([7.0, -1.0]),
        "a_norm/moving_variance": np.array([3.0, 0.0]),
    }
    folded = fold_variables(variables, {"a_norm": 1.0})
    np.testing.assert_allclose(folded["a_conv/kernel"].ravel(), [3.0, 3.0])  # scales 2 / 2 and 1 / 1
    np.testing.assert_allclose(folded["a_conv/bias"], [5 - 7, 1])


def test_a_checkpoint_without_an_array_is_named(tmp_path):
    np.savez(tmp_path / "checkpoint.npz", a=np.ones(1))
    with pytest.raises(ValueError, match=r"must hold `stem_conv/kernel`. It holds 1 arrays: a"):
        export(tmp_path / "checkpoint.npz", tmp_path / "v1.npz", {})


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e5])
def test_numbers_that_float16_does_not_hold_are_refused(value):
    with pytest.raises(ValueError, match=r"`a/kernel` holds numbers that float16 does not"):
        halve({"a/kernel": np.array([1.0, value])})


def test_the_shipped_network_gives_what_the_trained_one_gave(shipped):
    trained, folded = build(is_folded=False), build()
    with np.load(shipped / "checkpoint.npz") as checkpoint:
        assign(trained, dict(checkpoint))
    assign(folded, read_weights(shipped / "v1.npz"))
    image = np.random.default_rng(1).integers(0, 256, (112, 112, 3)).astype(np.uint8)
    expected = pooled(trained, image)
    assert expected.max() > 0.05
    np.testing.assert_allclose(pooled(folded, image), expected, atol=0.005 * expected.max())


def test_the_card_says_which_weights_these_are(shipped):
    arrays, card = read_weights(shipped / "v1.npz"), read_card(shipped / "v1.npz")
    assert card["n_parameters"] == build().count_params() == sum(array.size for array in arrays.values())
    assert card["n_bytes"] == (shipped / "v1.npz").stat().st_size
    assert card["sha256"] == digest_arrays({name: array.astype(np.float16) for name, array in arrays.items()})
    assert card["training"] == {"seed": 5}
    network = build()
    assign(network, arrays)
    found = pooled(network, probe_image())[card["probe"]["channels"]]
    np.testing.assert_allclose(found, card["probe"]["features"], atol=1e-4)
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}


def test_the_digest_sees_names_types_shapes_numbers_but_no_order():
    arrays = {"a": np.arange(4.0), "b": np.ones(2)}
    others = [
        {"a": np.arange(4.0), "c": np.ones(2)},
        {"a": np.arange(4.0).astype(np.float32), "b": np.ones(2)},
        {"a": np.arange(4.0).reshape(2, 2), "b": np.ones(2)},
        {"a": np.arange(4.0) + 1e-12, "b": np.ones(2)},
    ]
    assert len({digest_arrays(each) for each in [arrays, *others]}) == 5
    assert digest_arrays(dict(reversed(arrays.items()))) == digest_arrays(arrays)
    assert digest_arrays({"a": np.arange(4.0).astype(">f8"), "b": np.ones(2)}) == digest_arrays(arrays)


def test_a_version_is_never_overwritten(shipped):
    before = (shipped / "v1.npz").read_bytes()
    with pytest.raises(FileExistsError, match=r"`v1.npz` is there already, and a version is never overwritten"):
        export(shipped / "checkpoint.npz", shipped / "v1.npz", {})
    assert (shipped / "v1.npz").read_bytes() == before


def test_an_export_that_moves_the_features_is_refused(shipped, tmp_path, monkeypatch):
    monkeypatch.setattr(export_script, "MAXIMUM_DIFFERENCE", 1e-7)
    with pytest.raises(ValueError, match=r"may move a feature by 0% of the largest one. Received: 0\.\d+%"):
        export(shipped / "checkpoint.npz", tmp_path / "v1.npz", {})
    assert not list(tmp_path.iterdir())


def test_the_script_makes_an_untrained_one(tmp_path, capsys):
    export_script.main(["--smoke", "--seed", "3", "--out", str(tmp_path / "v1.npz")])
    card = json.loads(capsys.readouterr().out)
    assert card == read_card(tmp_path / "v1.npz")
    assert card["training"] == {"seed": 3, "is_untrained": True}
    assert len(read_weights(tmp_path / "v1.npz")) == 22


@pytest.mark.parametrize("name", ["v1.npz", "card.json"])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(WeightsError, match=rf"^`{name}`, a part of .* is missing. Install featx again"):
        read_weights(copy / "v1.npz")


@pytest.mark.parametrize("kept", [0, 2, 1000, -1])
def test_a_file_that_ends_early_is_damaged(copy, kept):
    path = copy / "v1.npz"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match=r"^`v1.npz`, a part of .* is damaged and was not used. Install featx again"):
        read_weights(path)


@pytest.mark.parametrize("place", [5_000, 1_000_000, -30_000, -20])
def test_a_flipped_byte_is_noticed(copy, place):
    path = copy / "v1.npz"
    content = bytearray(path.read_bytes())
    content[place] ^= 0x55
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"^`v1.npz`, .* was not used. Install featx again"):
        read_weights(path)


@pytest.mark.parametrize("card", [b"", b"[]", b"{", b"\xff", b'"text"'])
def test_a_damaged_card_is_named(copy, card):
    (copy / "card.json").write_bytes(card)
    with pytest.raises(WeightsError, match=r"^`card.json`, a part of .* is damaged"):
        read_weights(copy / "v1.npz")


def test_weights_of_another_card_are_not_used(copy):
    (copy / "card.json").write_text(json.dumps({"sha256": "0" * 64}))
    with pytest.raises(WeightsError, match=r"is not the file that its card describes, and was not used"):
        read_weights(copy / "v1.npz")


def test_a_file_of_python_objects_is_never_unpickled(copy):
    ran = copy / "ran"

    class Canary:
        def __reduce__(self):
            return open, (str(ran), "w")

    np.savez(copy / "v1.npz", a=np.array([Canary()], dtype=object))
    with pytest.raises(WeightsError, match="is damaged"):
        read_weights(copy / "v1.npz")
    assert not ran.exists()


def test_arrays_that_do_not_fit_change_nothing():
    network = build()
    before = network.get_weights()
    arrays = {f"{layer.name}/{v.name}": np.zeros(v.shape) for layer in network.layers for v in layer.weights}
    wrong = arrays | {"stem_conv/bias": np.zeros(3)}
    with pytest.raises(ValueError, match=r"1 of 22 differ. For 'stem_conv/bias', expected: \(32,\). Received: \(3,\)"):
        assign(network, wrong)
    with pytest.raises(ValueError, match=r"For 'extra', expected: nothing. Received: \(2,\)"):
        assign(network, arrays | {"extra": np.zeros(2)})
    del arrays["features_conv/kernel"]
    with pytest.raises(
        ValueError, match=r"For 'features_conv/kernel', expected: \(1, 1, 192, 256\). Received: nothing"
    ):
        assign(network, arrays)
    for ours, theirs in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_probe_image_is_the_same_everywhere():
    image = probe_image()
    assert image.shape == (112, 112, 3)
    assert image.dtype == np.uint8
    assert image[3, 10].tolist() == [(9 + 50 + 1) % 256, (12 + 30 + 1) % 256, (15 + 10 + 1) % 256]
    assert image[60, 45].tolist() == [255 - (180 + 225 + 168) % 256, 255 - (240 + 135 + 168) % 256, 255 - 513 % 256]
