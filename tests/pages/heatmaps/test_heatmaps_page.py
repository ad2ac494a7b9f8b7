"""The Heatmaps page: layers, targets, images, feature maps."""

import dataclasses

import pytest

from featx_core import HEATMAPS
from featx_core.figures.faithfulness import CAPTION
from featx_core.heatmaps.targets import FeatureTarget, OwnFeaturesTarget, SimilarityTarget
from featx_core.images.fitting import Placement
from featx_core.methods import registry as methods
from featx_core.studies.feature_maps import FeatureMapsStudy
from featx_core.studies.heatmap import HeatmapStudy
from featx_core.studies.layers.shared_colors import SharedColorsStudy
from featx_core.tasks.requests import ExtractJob
from pages._ui.heatmaps.pickers import FIRST_METHODS
from pages._ui.shell import library
from tests.toys.app.heatmaps_page import choose, last_asked, pictures, set_up
from tests.toys.app.visiting import SPEC, element, named, nodes


@pytest.fixture
def visitor(visit, extracted):
    return visit(extracted).open("heatmaps")


def layer_key(visitor):
    return next(box.key for box in visitor.tab.selectbox if box.key.startswith("heatmap_layer_"))


@pytest.mark.slow
def test_one_image_of_each_label_is_drawn_by_every_method(visitor, worker):
    titles = [HEATMAPS[name].title for name in FIRST_METHODS]
    assert [alt.split(":")[0] for alt in pictures(visitor)] == [
        f"{name}-01.png" for name in ("disc", "star", "waves") for _ in titles
    ]
    assert len({alt.split(":")[1] for alt in pictures(visitor)}) == len(titles)
    assert len([b for b in visitor.tab.download_button if (b.key or "").startswith("png_")]) == 3 * len(titles)
    for name in FIRST_METHODS:
        assert HEATMAPS[name].caption in visitor.words
    assert visitor.has_no_fault


@pytest.mark.slow
def test_what_a_crop_leaves_out_is_said_with_a_way_to_see_it(visit, extracted, worker):
    workspace = library.open_workspace(extracted)
    image = named(workspace.images(), "star-01.png").digest
    for name in FIRST_METHODS:
        study = HeatmapStudy(SPEC, image, name, None, OwnFeaturesTarget().to_json())
        cropped = dataclasses.replace(study.find(workspace), placement=Placement((0.0, 0.25, 1.0, 0.75)))
        workspace.put_result(study.key(workspace), cropped.to_bytes())
    visitor = visit(extracted).open("heatmaps")
    assert visitor.words.count("The network saw the part inside the frame, 50 to 100\u00a0% of the image.") == 1
    element(visitor, "with_pad").click().run()
    assert ExtractJob(dataclasses.replace(SPEC, fit="pad")).to_parameters() in [job.parameters for job in worker.jobs()]


def test_heatmaps_that_are_kept_are_not_drawn_again(visitor, worker):
    visitor.open("images").open("heatmaps")
    set_up(visitor, opacity=0.8, colormap="inferno")
    assert worker.submitted == []
    assert len(pictures(visitor)) == 9


@pytest.mark.slow
def test_a_layer_and_a_target_of_the_person_are_drawn(visitor, worker):
    key = layer_key(visitor)
    assert element(visitor, key).options[:2] == ["Last layer, 2 x 2 x 1280", "Stage 1, 32 x 32 x 96"]
    worker.holds = True
    set_up(visitor, **{key: "stage2"}, target_kind_False="similarity", target_image="star-03.png")
    worker.holds = False
    choose(visitor, "disc-02.png")  # they are drawn before the page is: it is drawn once more
    target = SimilarityTarget(named(visitor.workspace.images(), "star-03.png")).to_json()
    image = named(visitor.workspace.images(), "disc-02.png").digest
    assert last_asked(worker) == tuple(HeatmapStudy(SPEC, image, name, "stage2", target) for name in FIRST_METHODS)
    assert [alt.split(":")[0] for alt in pictures(visitor)] == ["disc-02.png"] * len(FIRST_METHODS)
    assert "Each map has its own scale. Layer " in visitor.words.replace("\\", "")


def test_one_image_is_shown_by_method_and_layer(visitor, worker):
    worker.holds = True
    element(visitor, "heatmap_columns").set_value("Layers").run()
    element(visitor, "heatmap_image").set_value("star-01.png").run()
    stages = [info.stage for info in methods.outline(SPEC).layers if info.is_spatial and info.stage]
    target, image = OwnFeaturesTarget().to_json(), named(visitor.workspace.images(), "star-01.png").digest
    wanted = {
        HeatmapStudy(SPEC, image, name, layer, target)
        for name in FIRST_METHODS
        for layer in (*stages[-4 - 1 : -1], None)
    }
    kept = HeatmapStudy(SPEC, image, "grad_cam", None, target).find(visitor.workspace).to_bytes()
    missing = [study for study in wanted if study.layer is not None]
    assert set(last_asked(worker)) == wanted
    for study in missing:
        visitor.workspace.put_result(study.key(visitor.workspace), kept)
    visitor.run()
    heads = [node.value for node in visitor.tab.markdown if node.value.startswith("**")]
    assert heads == [
        *(f"**Stage {stage[-1]}**" for stage in stages[-5:-1]),
        "**Last layer**",
        *(f"**{HEATMAPS[name].title}**" for name in FIRST_METHODS),
    ]
    assert len(pictures(visitor)) == len(wanted)
    assert [alt.rsplit(", ", 1)[1] for alt in pictures(visitor)[:5]] == [head.strip("*") for head in heads[:5]]
    assert visitor.has_no_fault


def test_one_feature_can_be_the_target(visitor, worker):
    worker.holds = True
    set_up(visitor, target_kind_False="feature", target_feature=17)
    assert {study.target for study in last_asked(worker)} == {FeatureTarget(17).to_json()}


def test_a_feature_is_one_that_the_run_has(visitor, worker):
    worker.holds = True
    set_up(visitor, target_kind_False="feature")
    assert element(visitor, "target_feature").max == 1279


def test_without_an_image_the_page_asks_for_one(visitor, worker):
    choose(visitor)
    assert "Pick at least one image." in visitor.words
    assert worker.submitted == []


def test_heatmaps_in_the_making_hold_their_place_and_can_be_cancelled(visitor, worker):
    worker.holds = True
    choose(visitor, "disc-04.png", "star-04.png", "waves-04.png")
    skeletons = [node for node in nodes(visitor.tab.main) if node.type == "skeleton"]
    assert len(skeletons) == 3 * len(FIRST_METHODS)
    next(button for button in visitor.tab.main.button if button.label == "Cancel").click().run()
    assert "Cancelled. Finished results are kept." in visitor.words
    assert "Try again" in visitor.buttons


@pytest.mark.slow
def test_shared_colours_are_of_the_images_that_are_chosen(visitor, worker):
    visitor.tab.session_state["shared"] = True
    choose(visitor, "disc-01.png", "star-02.png")
    visitor.run()
    images = tuple(named(visitor.workspace.images(), name).digest for name in ("disc-01.png", "star-02.png"))
    for hide in ("nothing", "low"):
        set_up(visitor, shared_hide=hide)
        study = SharedColorsStudy(SPEC, images, hide=hide)
        assert study in last_asked(worker)
        assert study.find(visitor.workspace).caption.replace("\u00a0", " ") in visitor.words.replace("\\", "")
    images = [node for node in nodes(visitor.tab.main) if type(node).__name__ == "Image"]
    assert sum("in shared colours" in node.proto.imgs[0].alt for node in images) == 2


def test_feature_maps_are_one_mosaic_that_says_its_scale(visitor, worker):
    visitor.tab.session_state["maps"] = True
    visitor.run()
    set_up(visitor, channels_image="star-01.png")
    run, image = visitor.workspace.ledger.runs()[0], named(visitor.workspace.images(), "star-01.png")
    maps = FeatureMapsStudy(run.spec, image.digest).find(visitor.workspace)
    for scale in ("shared", "channel"):
        set_up(visitor, channels_scale=scale)
        assert maps.mosaic(scale=scale, colormap="viridis").caption in visitor.words.replace("\\", "")
    assert "Feature maps of star-01.png" in visitor.words
    assert worker.submitted == ["feature_maps", "feature_maps"]


def test_other_methods_take_the_columns(visitor, worker):
    worker.holds = True
    set_up(visitor, heatmap_methods=["occlusion", "layer_cam"])
    asked = last_asked(worker)
    assert [study.name for study in asked[::3]] == ["layer_cam", "occlusion"]
    set_up(visitor, heatmap_methods=[])
    assert "Pick at least one method that this network allows." in visitor.words


@pytest.mark.slow
def test_faithfulness_is_measured_on_demand(visitor, worker):
    visitor.tab.session_state["faithful"] = True
    visitor.run()
    choose(visitor, "star-01.png")
    assert "about 270 passes" in visitor.words
    element(visitor, "measure_faithfulness").click().run()
    visitor.run()
    assert worker.submitted == ["faithfulness"]
    assert CAPTION in visitor.words
    assert "Areas as CSV" in [button.label for button in visitor.tab.download_button]
    assert visitor.has_no_fault


def test_an_image_that_was_removed_meanwhile_leaves_the_choice(visitor):
    visitor.workspace.remove(["disc-01.png"])
    visitor.run().run()
    assert [alt for alt in pictures(visitor) if "disc-01" in alt] == []
    assert visitor.has_no_fault


def some_heatmap_key(visitor):
    rows = visitor.workspace._store.rows("SELECT key FROM results WHERE key LIKE 'heatmap:%' ORDER BY key")
    return rows[0][0]


def test_a_damaged_heatmap_is_drawn_again(visitor, worker):
    with visitor.workspace._store.transaction() as connection:
        connection.execute("UPDATE results SET bytes = x'00' WHERE key = ?", (some_heatmap_key(visitor),))
    visitor.run().run()
    assert worker.submitted == ["heatmap"]
    assert len(pictures(visitor)) == 9


def test_a_heatmap_of_another_version_is_drawn_again(visitor, worker):
    visitor.workspace.put_result(some_heatmap_key(visitor), b"as another version wrote it")
    visitor.run().run().run()
    assert len(pictures(visitor)) == 9
