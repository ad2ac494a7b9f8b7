"""The Extract page: setting a run up, running it, its result."""

import pytest

from featx_core.backbones.registry import BACKBONES
from pages._ui.extract import inspection
from pages._ui.networks.layer_choices import LAST
from tests.toys.app.extracting import asked, chain, sentence, set_up
from tests.toys.app.visiting import element

pytestmark = pytest.mark.slow


@pytest.fixture
def visitor(visit, shelve, make_png):
    """A visitor who picked MobileNetV2."""
    came = visit(
        shelve([(f"{label}/{label}{i}.png", make_png(i + 9 * ord(label))) for i in range(3) for label in "ab"])
    )
    return set_up(came.open("extract"), backbone="mobilenet_v2")


def test_all_backbones_are_offered(visitor):
    options = visitor.tab.selectbox(key="backbone").options
    assert [option.split(",")[0] for option in options] == [backbone.title for backbone in BACKBONES.values()]
    assert len(options) == 59


def test_the_view_is_complete(visitor):
    assert chain(visitor) == "(n, 224, 224, 3) → (n, 7, 7, 1280) → average → (n, 1280)"
    assert "Extract from 6 images" in visitor.buttons
    assert visitor.has_no_fault


def test_advanced_is_the_same_part_whatever_its_summary_says(visitor):
    """Otherwise it closes under the hands of whoever changes something in it."""
    before = element(visitor, "pretrained_advanced")
    set_up(visitor, pooling="max")
    after = element(visitor, "pretrained_advanced")
    assert ["average" in before.label, "maximum" in after.label] == [True, True]
    assert before._block_id == after._block_id


@pytest.mark.parametrize(
    ("name", "said", "first_channel"),
    [
        ("vgg16", "BGR", "1: blue"),
        ("mobilenet_v2", "RGB", "1: red"),
        ("densenet121", "RGB", "1: red"),
        ("mobilenet_v3_small", "RGB", "1: red"),
    ],
)
def test_the_tensor_is_described_as_the_network_receives_it(visitor, name, said, first_channel):
    assert {BACKBONES[n].preprocessing for n in ("vgg16", "mobilenet_v2", "densenet121", "mobilenet_v3_small")} == {
        "caffe",
        "tf",
        "torch",
        "none",
    }
    set_up(visitor, backbone=name)
    assert any(text.startswith(f"**{said}") for text in sentence(visitor)), sentence(visitor)
    table = next(frame.value for frame in visitor.tab.dataframe if "channel" in frame.value.columns)
    assert table["channel"][0].lower() == first_channel
    assert len(table) == 3
    assert visitor.has_no_fault


def test_the_channel_numbers_are_those_of_the_picture(visit, shelve):
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 64), (255, 0, 51)).save(out, "PNG")
    visitor = set_up(visit(shelve([("red.png", out.getvalue())])).open("extract"), backbone="mobilenet_v2")
    table = next(frame.value for frame in visitor.tab.dataframe if "channel" in frame.value.columns)
    assert [float(value) for value in table["mean"]] == [1.0, -1.0, -0.6]
    assert [float(value) for value in table["deviation"]] == [0, 0, 0]


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("avg", "(n, 224, 224, 3) → (n, 7, 7, 1280) → average → (n, 1280)"),
        ("max", "(n, 224, 224, 3) → (n, 7, 7, 1280) → maximum → (n, 1280)"),
        ("flatten", "(n, 224, 224, 3) → (n, 7, 7, 1280) → flatten → (n, 62720)"),
        ("none", "(n, 224, 224, 3) → (n, 7, 7, 1280)"),
    ],
)
def test_the_chain_of_shapes_follows_the_pooling(visitor, pooling, expected):
    assert chain(set_up(visitor, pooling=pooling)) == expected


def test_the_chain_follows_layer_and_size(visitor):
    set_up(visitor, side_MobileNetV2=96, layer_mobilenet_v2="stage3")
    assert chain(visitor) == "(n, 96, 96, 3) → (n, 12, 12, 192) → average → (n, 192)"


def test_layers_are_offered_last_then_stages_then_all_by_index(visitor):
    box = visitor.tab.selectbox(key="layer_mobilenet_v2")
    options = box.options
    assert box.value == LAST  # and not None, which a select box shows as no choice
    assert options[0] == "Last layer, 7 x 7 x 1280"
    assert options[1:6] == [
        "Stage 1, 112 x 112 x 96",
        "Stage 2, 56 x 56 x 144",
        "Stage 3, 28 x 28 x 192",
        "Stage 4, 14 x 14 x 576",
        "Stage 5, 7 x 7 x 1280",
    ]
    assert [int(option.split(":")[0]) for option in options[6:]] == list(range(len(options) - 6))


def test_the_table_marks_the_tap(visitor):
    set_up(visitor, layer_mobilenet_v2=3)
    assert chain(visitor) == "(n, 224, 224, 3) → (n, 112, 112, 32) → average → (n, 32)"
    table = next(frame.value for frame in visitor.tab.dataframe if "output shape" in frame.value.columns)
    assert list(table["#"][table["stage"].str.contains("tap")]) == [3]


@pytest.mark.parametrize(
    ("kind", "badge"),
    [("random", "Random weights, untrained"), ("imagenet", "ImageNet, needs a download")],
)
def test_the_weights_have_their_badge(visitor, kind, badge):
    set_up(visitor, weights_MobileNetV2=kind)
    assert any(badge in text for text in sentence(visitor)), sentence(visitor)


def test_a_backbone_without_weights_on_this_machine_begins_with_random_ones(visitor):
    radio = visitor.tab.radio(key="weights_MobileNetV2")
    assert radio.value == "random"
    assert radio.options[0].startswith("ImageNet (download, about 9")


def test_a_weights_file_is_kept_and_used(visitor, worker):
    worker.holds = True
    set_up(visitor, weights_MobileNetV2="file")
    assert "Upload a file to continue." in visitor.words
    upload = next(node for node in visitor.tab.main.file_uploader if node.label == "Weights file")
    upload.set_value(("mine.h5", b"\x89HDF\r\n\x1a\n and so on", "application/octet-stream"))
    visitor.run()
    (digest,) = visitor.workspace.artefacts()
    assert any("mine.h5" in text for text in sentence(visitor))
    visitor.tab.button(key="run").click().run()
    assert asked(worker)[0].weights == f"file:{digest}"


def test_only_weights_files_are_offered(visitor):
    visitor.workspace.put_artefact("learned weights", b"of a training")
    digest = visitor.workspace.put_artefact("mine.weights.H5", b"weights")
    set_up(visitor, weights_MobileNetV2="file")
    assert element(visitor, "weights_digest").options == ["mine.weights.H5"]
    assert element(visitor, "weights_digest").value == digest


def test_a_file_that_is_no_weights_file_is_refused(visitor):
    set_up(visitor, weights_MobileNetV2="file")
    upload = next(node for node in visitor.tab.main.file_uploader if node.label == "Weights file")
    upload.set_value(("mine.h5", b"something else", "application/octet-stream"))
    visitor.run()
    assert "mine.h5 is damaged or in another format" in visitor.tab.warning[0].value.replace("\\", "")
    assert visitor.workspace.artefacts() == {}


def test_a_size_that_the_network_cannot_have_is_one_sentence(visitor):
    set_up(visitor, classifier=True, side_MobileNetV2=96)
    assert [w.value.replace("\\", "") for w in visitor.tab.warning] == [
        "With its classifier, MobileNetV2 takes images of 224 x 224 only. Received: 96 x 96."
    ]
    assert visitor.has_no_fault
    assert "Extract from 6 images" not in visitor.buttons


def test_the_smallest_size_of_a_network_is_its_limit(visitor):
    set_up(visitor, backbone="xception")
    assert element(visitor, "side_Xception").min == BACKBONES["xception"].minimum_side == 71


def test_the_classifier_offers_a_vector_without_pooling(visitor):
    set_up(visitor, classifier=True)
    assert "nothing to pool" in visitor.words
    assert chain(visitor) == "(n, 224, 224, 3) → (n, 1000)"


def test_everything_that_was_set_reaches_the_worker(visitor, worker):
    worker.holds = True
    set_up(
        visitor,
        weights_seed=3,
        fit="pad",
        pooling="max",
        side_MobileNetV2=64,
        batch_MobileNetV2=2,
        layer_mobilenet_v2="stage4",
    )
    visitor.tab.button(key="run").click().run()
    spec, batch_size = asked(worker)
    assert (spec.seed, spec.fit, spec.pooling, spec.size, spec.layer) == (3, "pad", "max", (64, 64), "stage4")
    assert batch_size == 2


def test_what_was_set_up_is_still_there_after_other_pages(visitor):
    set_up(visitor, side_MobileNetV2=64, pooling="max")
    visitor.open("images").open("extract")
    assert chain(visitor) == "(n, 64, 64, 3) → (n, 2, 2, 1280) → maximum → (n, 1280)"


def test_of_many_images_some_are_listed_and_a_search_finds_the_others(visitor, monkeypatch):
    names = visitor.tab.selectbox(key="inspected").options
    assert len(names) == 6
    monkeypatch.setattr(inspection, "MAX_LISTED", 2)
    visitor.tab.run()
    assert visitor.tab.selectbox(key="inspected").options == names[:2]
    visitor.tab.text_input(key="search_inspected").set_value("b2").run()
    assert visitor.tab.selectbox(key="inspected").options == [names[0], "b2.png"]
    visitor.tab.selectbox(key="inspected").set_value("b2.png").run()
    visitor.tab.text_input(key="search_inspected").set_value("").run()
    assert visitor.tab.selectbox(key="inspected").value == "b2.png"
    assert visitor.tab.selectbox(key="inspected").options == ["b2.png", *names[:2]]
    assert visitor.has_no_fault
