"""The tasks around augmentation, run in this process with the smallest network."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

import featx_core as fx
from featx_core.augmentation.pictures import make_copies
from featx_core.augmentation.transforms import PRESETS
from featx_core.base.progress import Cancelled
from featx_core.robustness.effects import Effects, augmentation_effects
from featx_core.robustness.stability import Stability, neighbor_stability
from featx_core.worker import augmentation_tasks
from featx_core.worker.augmentation_keys import effects_key, stability_key
from featx_core.worker.augmentation_tasks import measure_effects, measure_stability, show_copies
from featx_core.worker.tasks import LIGHT_TASKS, TASKS
from tests.featx_core.worker.test_comparison_tasks import Told, picture
from tests.toys.augmented_toys import Means
from tests.toys.toy_methods import installed

NETWORK = fx.Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))
ASKED = {"spec": NETWORK.to_json(), "transforms": [["blur", 1.0], ["rotation", 20.0]], "n_copies": 1, "seed": 3}
TRANSFORMS = (("rotation", 20.0), ("blur", 1.0))


@pytest.fixture
def toys(monkeypatch):
    """Let the tasks build channel means in place of networks."""
    with installed(Means):
        _patched(monkeypatch)
        yield


def _patched(monkeypatch):
    monkeypatch.setattr(augmentation_tasks, "find_extractor", lambda spec, workspace, report: fx.build(Means()))


def test_effects_are_kept_under_the_key_that_the_page_asks_for(workspace, toys) -> None:
    told = Told()
    key = effects_key(NETWORK, workspace.images(), TRANSFORMS, 1, 3)
    assert measure_effects(workspace, ASKED, told) == {"key": key}
    found = Effects.from_bytes(workspace.result(key))
    assert found == augmentation_effects(workspace.images(), fx.build(Means()), TRANSFORMS, n_copies=1, seed=3)
    assert told.stages == [augmentation_tasks.MEASURING]
    assert measure_effects(workspace, ASKED, Told(cancel_at=augmentation_tasks.MEASURING)) == {"key": key}  # not again


def test_the_key_knows_contents_and_parameters_but_not_order(workspace, make_png) -> None:
    images = workspace.images()
    key = effects_key(NETWORK, images, TRANSFORMS, 1, 3)
    assert effects_key(NETWORK, images[::-1], TRANSFORMS, 1, 3) == key
    assert stability_key(NETWORK, images[::-1]) == stability_key(NETWORK, images)
    others = {
        effects_key(NETWORK, images[1:], TRANSFORMS, 1, 3),
        effects_key(NETWORK, images, TRANSFORMS[:1], 1, 3),
        effects_key(NETWORK, images, TRANSFORMS, 2, 3),
        effects_key(NETWORK, images, TRANSFORMS, 1, 4),
        effects_key(Means(), images, TRANSFORMS, 1, 3),
    }
    assert len(others | {key}) == 6


def test_a_cancelled_study_keeps_nothing(workspace, toys) -> None:
    with pytest.raises(Cancelled):
        measure_effects(workspace, ASKED, Told(cancel_at=augmentation_tasks.MEASURING))
    assert workspace.result(effects_key(NETWORK, workspace.images(), TRANSFORMS, 1, 3)) is None


def keep(workspace, spec) -> str:
    workspace.ledger.save(spec, {})
    return spec.digest


def test_stability_is_measured_for_those_that_can_be_had(workspace, monkeypatch) -> None:
    """Weights that are not there leave their run unmeasured, with the reason, and the others go on."""
    lost = fx.Pretrained("vgg16", weights="file:" + "0" * 64)
    real = augmentation_tasks.find_extractor
    monkeypatch.setattr(
        augmentation_tasks,
        "find_extractor",
        lambda spec, *others: real(spec, *others) if spec == lost else fx.build(Means()),
    )
    digests = [keep(workspace, NETWORK), keep(workspace, lost)]
    found = measure_stability(workspace, {"run_digests": digests}, Told())
    assert set(found["problems"]) == {lost.digest}
    assert "file" in found["problems"][lost.digest]
    kept = Stability.from_bytes(workspace.result(stability_key(NETWORK, workspace.images())))
    assert kept == neighbor_stability(workspace.images(), fx.build(Means()))
    assert workspace.result(stability_key(lost, workspace.images())) is None


def test_stability_that_is_kept_is_not_measured_again(workspace, toys) -> None:
    asked = {"run_digests": [keep(workspace, NETWORK)]}
    first, second = Told(), Told()
    assert measure_stability(workspace, asked, first) == measure_stability(workspace, asked, second) == {"problems": {}}
    assert len(first.stages) == 1
    assert second.stages == []


def test_rows_of_numbers_have_no_stability(workspace, toys, monkeypatch) -> None:
    monkeypatch.setattr(fx.Pretrained, "takes_images", False)
    found = measure_stability(workspace, {"run_digests": [keep(workspace, NETWORK)]}, Told())
    assert found["problems"][NETWORK.digest].startswith("These are rows of numbers")


def test_too_few_images_are_a_reason_not_a_failure(toys, make_png) -> None:
    few = fx.Workspace.open(":memory:")
    few.add([(f"{row}.png", make_png(row)) for row in range(3)])
    found = measure_stability(few, {"run_digests": [keep(few, NETWORK)]}, Told())
    assert found["problems"][NETWORK.digest] == "At least 5 different images are needed. Received: 3."


def test_a_run_that_is_gone_is_told(workspace) -> None:
    with pytest.raises(ValueError, match="no longer in the workspace"):
        measure_stability(workspace, {"run_digests": ["0" * 64]}, Told())


def test_copies_shown_are_those_of_the_run(workspace) -> None:
    workspace.add([("cat/blotches.png", picture(0))])
    record = workspace.images().select(["blotches.png"])[0]
    spec = fx.Augmented(NETWORK, n_copies=5, seed=4)
    asked = {
        "spec": spec.to_json(),
        "digest": record.digest,
        "transforms": [list(each) for each in spec.transforms],
        "n_copies": 3,
        "seed": 4,
        "with_original": True,
    }
    pictures = show_copies(workspace, asked)["pictures"]
    fitted = spec.picture_input.of(record.pixels()).fitted
    expected = make_copies(fitted[None], spec.transforms, n_copies=5, seed=4, with_original=True)[0]
    assert len(pictures) == 3
    for number, text in enumerate(pictures):
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(text))), np.float64)
        agreement = [np.corrcoef(shown.ravel(), each.ravel())[0, 1] for each in expected]
        assert agreement[number] == max(agreement) > 0.95  # WebP loses detail, not places


def test_an_image_that_is_gone_has_no_copies(workspace) -> None:
    asked = {"spec": NETWORK.to_json(), "digest": "0" * 64, "transforms": [], "n_copies": 1, "seed": 0}
    with pytest.raises(ValueError, match="no longer in the workspace"):
        show_copies(workspace, asked | {"with_original": True})


def test_the_worker_knows_the_tasks() -> None:
    assert TASKS["augmentation_effects"] is measure_effects
    assert TASKS["stability"] is measure_stability
    assert LIGHT_TASKS["copies"] is show_copies
    assert PRESETS["mild"].transforms == augmentation_tasks.check_transforms(PRESETS["mild"].transforms)


def test_stability_stands_in_the_table_of_a_comparison() -> None:
    rng = np.random.default_rng(0)
    found = fx.compare({"a": rng.normal(size=(20, 4)), "b": rng.normal(size=(20, 4))})
    table = found.with_stability({"b": Stability(0.8, 0.7, 0.9, 20, 7)}).table.set_index("extractor")
    assert table.loc["b", ["stability", "stability_low", "stability_high"]].tolist() == [0.8, 0.7, 0.9]
    assert np.isnan(table.loc["a", "stability"])
    assert "stability" not in found.table
