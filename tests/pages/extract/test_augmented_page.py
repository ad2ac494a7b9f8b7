"""Augmented features on the pages: set up, run, studied, mapped with trails; and stability on the Compare page."""

import re

import numpy as np
import pytest

from featx_core.augmentation.transforms import AUGMENTATIONS, PRESETS
from featx_core.specs.augmented import Augmented
from featx_core.specs.lambda_transform import begins_with_original
from featx_core.specs.pretrained import Pretrained
from featx_core.studies.maps.stability import StabilityStudy
from featx_core.tasks.requests import ExtractJob
from pages._ui.extract import augmentation_effects
from pages._ui.shell import library
from tests.toys.app.extracting import all_asked
from tests.toys.app.map_packs import fetched, n_points, select, told, unpack
from tests.toys.app.visiting import element, nodes, tiles
from tests.toys.thorough import first_of

TINY = Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))
COPIES = Augmented(TINY, n_copies=3, gives="copies")
MEAN = Augmented(TINY, n_copies=3)


def keep(workspace, spec, seed=0):
    """Enter a run with made-up features."""
    images = workspace.images()
    shape = (spec.rows_per_image, 4) if spec.rows_per_image > 1 else (4,)
    values = np.random.default_rng(seed).normal(size=(len(images), *shape)).astype(np.float32)
    workspace.vectors.save(spec.digest, dict(zip(images.digests, values, strict=True)))
    details = {"feature_shape": [4], "seconds": 1.0, "batch_size": 8, "ms_per_image": 3.0}
    workspace.ledger.save(spec, details)
    return values


@pytest.fixture
def shelve_spec(shelve, make_png):
    def make(*specs, n_images=6):
        token = shelve([(f"{'cat' if row % 2 else 'dog'}/{row}.png", make_png(row)) for row in range(n_images)])
        for seed, spec in enumerate(specs):
            keep(library.open_workspace(token), spec, seed)
        return token

    return make


def form(visitor, **values):
    """Open the form, and set widgets by their keys."""
    visitor.open("extract")
    visitor.tab.segmented_control(key="extract_view").set_value("Set up").run()
    visitor.tab.segmented_control(key="method").set_value("augmented").run()
    return visitor


def asked(worker):
    """Return the spec of the last extraction that was asked for."""
    return all_asked(worker)[-1].spec


@pytest.mark.slow
def test_the_form_begins_with_the_tutorials_transforms_and_a_preview(visit, shelve_spec):
    visitor = form(visit(shelve_spec(TINY)))
    assert visitor.has_no_fault
    assert "Features of randomly augmented copies" in visitor.words
    assert visitor.tab.slider(key="augment_rotation").value == 20
    assert "x 8 copies" in visitor.words
    assert "mean of the copies" in visitor.words
    assert len([node for node in nodes(visitor.tab._tree) if "copy 7" in str(getattr(node, "proto", ""))]) == 1


@pytest.mark.slow
def test_everything_that_was_set_reaches_the_worker(visit, shelve_spec, worker):
    visitor = form(visit(shelve_spec(TINY)))
    worker.holds = True
    tab = visitor.tab
    tab.segmented_control(key="augment_preset").set_value("mild").run()
    assert tab.slider(key="augment_rotation").value == 5
    tab.multiselect(key="augment_chosen").set_value(["blur", "rotation", "vertical_flip"]).run()
    tab.slider(key="augment_blur").set_value(2.5).run()
    tab.number_input(key="augment_copies").set_value(4).run()
    tab.number_input(key="augment_seed").set_value(9).run()
    tab.toggle(key="augment_original").set_value(False).run()
    tab.segmented_control(key="augment_gives").set_value("copies").run()
    visitor.press("Extract from 6 images")
    transforms = (("vertical_flip", 0.5), ("rotation", 5.0), ("blur", 2.5))
    assert asked(worker) == Augmented(TINY, transforms, 4, 9, False, "copies")


@pytest.mark.slow
def test_a_network_can_be_set_up_in_the_form(visit, shelve_spec, worker):
    visitor = form(visit(shelve_spec()))
    worker.holds = True
    visitor.tab.selectbox(key="backbone").set_value("mobilenet_v3_small").run()
    visitor.press("Extract from 6 images")
    spec = asked(worker)
    assert spec.base == Pretrained("mobilenet_v3_small", weights="random")
    assert spec.transforms == PRESETS["tutorial"].transforms


def test_without_transforms_there_is_nothing_to_run(visit, shelve_spec):
    visitor = form(visit(shelve_spec(TINY)))
    visitor.tab.multiselect(key="augment_chosen").set_value([]).run()
    assert "Choose at least one transform." in visitor.words
    assert not any(label.startswith("Extract from") for label in visitor.buttons)


def test_a_run_of_copies_is_only_offered_as_its_own_and_not_to_augment_again(visit, shelve_spec):
    visitor = form(visit(shelve_spec(TINY, COPIES, MEAN)))
    assert len(visitor.tab.selectbox(key="augment_base_1").options) == 2


def test_what_a_preview_cannot_show_is_said(visit, shelve_spec, worker, monkeypatch):
    visitor = visit(shelve_spec(TINY))
    monkeypatch.setattr("featx_core.tasks.questions.make_copies", lambda *given, **options: 1 / 0)
    form(visitor)
    assert visitor.has_no_fault
    assert re.search(r"unexpectedly|could not|failed", visitor.words)


@pytest.fixture(scope="module")
def few_transforms():
    """Let studies look at a few transforms, for speed."""
    with pytest.MonkeyPatch.context() as patch:
        chosen = {name: AUGMENTATIONS[name] for name in ("horizontal_flip", "rotation", "shift", "noise")}
        patch.setattr(augmentation_effects, "AUGMENTATIONS", chosen)
        yield


@pytest.mark.slow
@pytest.mark.thorough
def test_a_run_shows_its_study_when_it_is_asked_for(visit, shelve_spec, worker, few_transforms):
    visitor = visit(shelve_spec()).open("extract")
    worker.submit(
        ExtractJob.task,
        workspace_path=visitor.workspace.path,
        parameters=ExtractJob(MEAN).to_parameters(),
        title="t",
        owner=visitor.token,
    )
    visitor.open("extract")
    visitor.tab.segmented_control(key="extract_view").set_value("Result").run()
    assert "What does augmentation do to these features?" in visitor.words
    assert "relative to the distance between different images" in visitor.words
    assert "without augmentation" in visitor.words  # of the heatmaps
    visitor.press("Measure the effect of each transform").run()
    assert visitor.has_no_fault
    assert "effects" in worker.submitted
    chart = element(visitor, "effects_chart").proto.spec
    assert "in this run" in chart
    assert "Noise, 0.05" in chart
    assert "Images that change most under" in visitor.words
    assert "copy 2" in visitor.words


def test_a_map_of_copies_has_trails_that_can_be_taken_away(visit, shelve_spec):
    visitor = visit(shelve_spec(COPIES)).open("map")
    corners = unpack(fetched(visitor, told(visitor)["trails"]))["corners"]
    n_lines = n_points(visitor) * 2 // 3 if begins_with_original(COPIES) else n_points(visitor)
    assert len(corners) == n_lines * 2 * 3  # two ends of three coordinates each
    assert any("(copy 2)" in name for name in unpack(fetched(visitor, told(visitor)["names"]))["names"])
    visitor.tab.toggle(key="map_trails").set_value(False).run()
    assert told(visitor)["trails"] is None
    assert visitor.has_no_fault


def test_a_map_of_means_has_no_trails(visit, shelve_spec):
    visitor = visit(shelve_spec(MEAN)).open("map")
    assert told(visitor)["trails"] is None
    assert not [toggle for toggle in visitor.tab.toggle if toggle.key == "map_trails"]


def test_several_copies_of_an_image_are_one_in_the_selection(visit, shelve_spec):
    visitor = visit(shelve_spec(COPIES)).open("map")
    select(visitor, [0, 1, 2, 4])
    assert "Selection: 2 images (4 of their rows)" in visitor.words
    assert [tile["name"] for tile in tiles(visitor, "selection_gallery")] == ["0.png", "1.png"]


@pytest.mark.slow
@pytest.mark.thorough
def test_the_table_of_features_has_the_number_of_each_copy(visit, shelve_spec):
    visitor = visit(shelve_spec(COPIES)).open("extract")
    visitor.tab.session_state["feature_table"] = True
    visitor.tab.segmented_control(key="extract_view").set_value("Result").run()
    table = next(frame.value for frame in visitor.tab.dataframe if "copy" in frame.value)
    assert [name for name in table.columns if name != "path"] == ["name", "label", "copy", "f0", "f1", "f2", "f3"]
    assert table["copy"].tolist() == [0, 1, 2] * 6
    assert "were added later" not in visitor.words


@pytest.mark.slow
@pytest.mark.parametrize("projection", first_of(["pca", "tsne"]))
def test_the_pair_view_shows_one_point_an_image(visit, shelve_spec, projection):
    visitor = visit(shelve_spec(COPIES, TINY, n_images=8)).open("compare")
    visitor.run()
    visitor.tab.session_state["pair"] = True
    visitor.tab.session_state["pair_projection"] = projection
    visitor.run().run().run()
    assert visitor.has_no_fault
    charts = [chart.proto.spec for chart in visitor.tab.get("plotly_chart")]
    assert any("Aligned axis 1" in chart for chart in charts), visitor.words[-2000:]
    assert not any("(copy" in chart for chart in charts)


@pytest.mark.slow
def test_stability_is_measured_when_it_is_asked_for_and_stands_in_the_table(visit, shelve_spec, worker):
    lost = Pretrained("vgg16", weights="file:" + "0" * 64)
    visitor = visit(shelve_spec(TINY, lost)).open("compare").run()
    frame = next(frame.value for frame in visitor.tab.dataframe if "extractor" in frame.value)
    assert "stability" not in frame
    visitor.press("Measure stability").run()
    assert visitor.has_no_fault
    frame = next(frame.value for frame in visitor.tab.dataframe if "extractor" in frame.value).set_index("extractor")
    found = StabilityStudy(TINY).find(visitor.workspace)
    assert frame.loc["MobileNetV3Small", "stability"].startswith(f"{found.value:.3f} [")
    assert frame.loc["VGG16", "stability"] == "not measured"
    assert "is not measured: " in visitor.words
    assert "Needs no labels" in visitor.words
