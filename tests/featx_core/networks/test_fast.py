"""bfloat16: asked for by a spec, refused where it cannot be had, and its effect measured and told."""

import numpy as np
import pytest

from featx_core.backbones.registry import BACKBONES
from featx_core.base import processor
from featx_core.extraction.extract import extract
from featx_core.methods import registry as methods
from featx_core.networks import extractor
from featx_core.networks.engines import choice, engine, fast, openvino_engine
from featx_core.networks.engines.choice import Engines
from featx_core.networks.engines.fast import (
    Difference,
    FastEngines,
    PrecisionError,
    engines_for,
    measure,
    why_not_bfloat16,
)
from featx_core.networks.engines.gpu import Gpu, find_gpu
from featx_core.specs.fine_tuned import FineTuned
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import SpecError
from tests.toys import engine_toys

needs_openvino = pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")
SMALL = {"backbone": "mobilenet_v3_small", "weights": "random", "image_size": (32, 32)}


@pytest.fixture
def capable(monkeypatch):
    """A processor that has the instructions, as far as featx knows; OpenVINO emulates what it lacks."""
    monkeypatch.setattr(fast, "has_bfloat16", lambda: True)


def test_the_precision_is_part_of_the_digest_and_float32_goes_without_saying():
    plain, fast = Pretrained(**SMALL), Pretrained(**SMALL, precision="bfloat16")
    assert plain.digest != fast.digest
    assert "precision" not in plain.to_json()
    assert spec_from_json(fast.to_json()) == fast
    assert spec_from_json(plain.to_json()) == plain
    assert fast.title == f"{plain.title}, bfloat16"
    assert methods.pace(fast) != methods.pace(plain)
    with pytest.raises(SpecError, match="`precision` of Pretrained must be 'float32' or 'bfloat16'"):
        Pretrained(**SMALL, precision="float16")


def test_new_layers_do_not_learn_in_bfloat16():
    with pytest.raises(SpecError, match="New layers are trained in float32: choose MobileNetV3Small in float32"):
        FineTuned(base=Pretrained(**SMALL, precision="bfloat16"))


@pytest.mark.parametrize(
    ("lines", "has"),
    [
        ("processor : 0\nflags : fpu avx512_bf16 sse\n", True),
        ("flags\t\t: amx_bf16", True),
        ("flags : fpu avx512f avx512bf16x", False),
        ("Features : fp asimd bf16", False),
        ("", False),
    ],
)
def test_the_flags_of_the_processor_tell(lines, has, tmp_path, monkeypatch):
    path = tmp_path / "cpuinfo"
    path.write_text(lines)
    monkeypatch.setattr(processor, "_CPU_INFO", path)
    assert processor.has_bfloat16.__wrapped__() is has


def test_where_the_flags_are_not_known_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(processor, "_CPU_INFO", tmp_path / "missing")
    assert not processor.has_bfloat16.__wrapped__()


def test_without_the_instructions_it_is_refused_in_words_and_nothing_else_serves(monkeypatch):
    monkeypatch.setattr(fast, "has_bfloat16", lambda: False)
    assert why_not_bfloat16() == "the processor has no instructions for it (AVX512-BF16 or AMX)"
    with pytest.raises(
        PrecisionError, match=r"not available on this machine, because the processor .* Choose float32\."
    ):
        engines_for(engine_toys.tiny_model(), "bfloat16")
    assert isinstance(engines_for(engine_toys.tiny_model(), "float32"), Engines)


def test_without_openvino_it_is_refused(capable, monkeypatch):
    monkeypatch.setattr(openvino_engine, "is_available", lambda: False)
    with pytest.raises(PrecisionError, match="because OpenVINO is not installed"):
        engines_for(engine_toys.tiny_model(), "bfloat16")


def test_the_difference_is_that_of_the_worst_image():
    expected = np.array([[1.0, 0.0], [3.0, 4.0], [0.0, 0.0]])
    found = np.array([[1.0, 0.0], [4.0, 3.0], [0.0, 0.0]])
    assert measure(found, expected) == Difference(pytest.approx(0.96), pytest.approx(0.25), 3)
    assert measure(expected, expected).cosine == 1
    assert measure(np.zeros((1, 2)), np.ones((1, 2))).cosine == 0
    assert np.isnan(measure(np.array([[np.nan, 1.0]]), np.ones((1, 2))).cosine)


def test_an_unusual_difference_is_called_so():
    assert "more than usual" not in str(Difference(0.99956, 0.01, 8))
    assert str(Difference(0.99949, 0.0123, 8)) == (
        "Computed in bfloat16. Against float32, on 8 of these images: cosine at least 0.99949, largest difference 1.2 "
        "% of the largest value. That is more than usual: float32 is safer here."
    )


@needs_openvino
def test_features_in_bfloat16_are_near_those_by_hand_and_the_note_says_how_near(capable):
    model = engine_toys.tiny_model()
    engines = engines_for(model, "bfloat16")
    assert isinstance(engines, FastEngines)
    engines.begin()
    assert not engines.notes
    batch = engine_toys.batch_of(12)
    values = engines(batch)
    expected = engine_toys.by_hand(model, batch)
    np.testing.assert_allclose(values, expected, rtol=0.02, atol=0.02)
    assert engines.difference.n_images == 8
    assert engines.difference.cosine == pytest.approx(measure(values[:8], expected[:8]).cosine, abs=1e-6)
    (note,) = engines.notes
    assert note.startswith("Computed in bfloat16. Against float32, on 8 of these images: cosine at least 0.999")
    assert engines.title == "OpenVINO, bfloat16"


@needs_openvino
def test_the_graph_on_disk_serves_both_precisions(capable, monkeypatch):
    engines_for(engine_toys.tiny_model(), "bfloat16")(engine_toys.batch_of(2))
    usual = Engines(engine_toys.tiny_model())
    usual.begin()
    assert usual.title == "OpenVINO, float32"
    monkeypatch.setattr(fast, "prepare", None)  # nothing is converted again
    again = FastEngines(engine_toys.tiny_model())
    assert again(engine_toys.batch_of(2)).shape == (2, 4)
    assert again.difference.n_images == 2


@needs_openvino
def test_features_that_would_differ_too_much_are_refused(capable, monkeypatch):
    monkeypatch.setattr(fast, "MIN_COSINE", 1.5)
    with pytest.raises(PrecisionError, match=r"change the features of these images too much: .* 1\.5 is required"):
        engines_for(engine_toys.tiny_model(), "bfloat16")(engine_toys.batch_of(2))


@needs_openvino
def test_a_network_that_cannot_be_converted_is_refused(capable):
    with pytest.raises(
        PrecisionError, match=r"cannot run in bfloat16, because it could not be converted\. Choose float32"
    ):
        engines_for(engine_toys.strange_model(), "bfloat16")(engine_toys.batch_of(2))


@pytest.mark.thorough
@pytest.mark.slow
@needs_openvino
def test_a_run_in_bfloat16_says_so_and_keeps_its_rows_apart(capable, workspace):
    images = workspace.images()
    specs = [Pretrained(**SMALL), Pretrained(**SMALL, precision="bfloat16")]
    plain, halved = (extract(images, methods.build(spec), workspace=workspace) for spec in specs)
    assert halved.details["engine"] == "OpenVINO, bfloat16"
    assert halved.details["n_computed"] == len(images)
    assert any("Against float32, on 6 of these images" in note for note in halved.details["notes"])
    assert plain.details["notes"] == []
    assert measure(halved.vectors, plain.vectors).cosine >= fast.MIN_COSINE
    assert len(workspace.ledger.runs()) == 2
    again = extract(images, methods.build(specs[1]), workspace=workspace)
    assert again.details["n_computed"] == 0
    assert again.details["engine"] == "OpenVINO, bfloat16"


@needs_openvino
def test_a_network_too_large_to_be_converted_is_refused_before_that(capable, monkeypatch):
    monkeypatch.setattr(fast, "MAX_PARAMETERS", 10)
    with pytest.raises(PrecisionError, match=r"has 0 million parameters, and up to 0 million can be converted\."):
        engines_for(engine_toys.tiny_model(), "bfloat16")(engine_toys.batch_of(2))


def _with_gpu(monkeypatch, gpu):
    for module in (engine, choice, extractor, fast):
        monkeypatch.setattr(module, "find_gpu", lambda: gpu)


@pytest.mark.slow
@pytest.mark.thorough
def test_on_a_gpu_tensorflow_computes_in_mixed_precision_and_nothing_is_converted(monkeypatch, workspace):
    _with_gpu(monkeypatch, engine_toys.GPU)
    monkeypatch.setattr(openvino_engine, "convert", lambda function: pytest.fail("converted beside a GPU"))
    images = workspace.images()
    exact = methods.build(Pretrained(**SMALL))
    assert exact.engines.title == "TensorFlow on the GPU, float32"
    assert exact.batch_size == 4 * BACKBONES["mobilenet_v3_small"].batch_size_at((32, 32))
    mixed = extract(images, methods.build(Pretrained(**SMALL, precision="bfloat16")))
    assert mixed.details["engine"] == "TensorFlow on the GPU, bfloat16"
    assert "Computed in bfloat16. Against float32, on 6 of these images" in mixed.details["notes"][0]
    assert 0 < 1 - measure(mixed.values, extract(images, exact).values).cosine < 0.1


def test_a_gpu_without_bfloat16_leaves_it_to_the_processor(monkeypatch):
    _with_gpu(monkeypatch, Gpu("an older GPU", has_bfloat16=False))
    monkeypatch.setattr(fast, "has_bfloat16", lambda: True)
    assert FastEngines(engine_toys.tiny_model()).title == "OpenVINO, bfloat16"
    monkeypatch.setattr(fast, "has_bfloat16", lambda: False)
    with pytest.raises(PrecisionError, match="the processor has no instructions for it"):
        FastEngines(engine_toys.tiny_model())


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"device_name": "NVIDIA H100", "compute_capability": (9, 0)}, Gpu("NVIDIA H100", has_bfloat16=True)),
        ({"device_name": "Tesla T4", "compute_capability": (7, 5)}, Gpu("Tesla T4", has_bfloat16=False)),
        ({}, Gpu("GPU", has_bfloat16=False)),
    ],
)
def test_what_tensorflow_says_of_a_gpu_is_read(monkeypatch, details, expected):
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["the first"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda device: details)
    assert find_gpu.__wrapped__() == expected
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert find_gpu.__wrapped__() is None
