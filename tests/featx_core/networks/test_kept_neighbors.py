"""How many neighbours another precision keeps: by hand, and of a real engine on a run's own images."""

import numpy as np
import pytest

from featx_core.networks.engines import fast, kept_neighbors, openvino_engine
from featx_core.networks.engines.fast import FastEngines
from featx_core.networks.engines.kept_neighbors import KeptNeighbors, Sample
from tests.toys import engine_toys

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(400, 6)).astype(np.float32)


def by_cosine(rows):
    unit = rows.astype(np.longdouble) / np.sqrt((rows.astype(np.longdouble) ** 2).sum(axis=1, keepdims=True))
    return np.argsort(-(unit @ unit.T) + 9 * np.eye(len(rows)), axis=1)[:, :5]


def test_the_share_is_that_of_all_pairs_of_neighbours():
    sample = Sample()
    found = IMAGES[:20] + RNG.normal(0, 0.5, size=(20, 6))
    sample.add(IMAGES[:20], found)
    pairs = zip(by_cosine(found), by_cosine(IMAGES[:20]), strict=True)
    shares = [len(set(near.tolist()) & set(true.tolist())) / 5 for near, true in pairs]
    kept = sample.compare(lambda batch: batch)
    assert kept.n_images == 16
    assert 0.2 < np.mean(shares) < 0.95
    sample = Sample()
    sample.add(IMAGES[:16], found[:16])
    pairs = zip(by_cosine(found[:16]), by_cosine(IMAGES[:16]), strict=True)
    shares = [len(set(near.tolist()) & set(true.tolist())) / 5 for near, true in pairs]
    assert sample.compare(lambda batch: batch) == KeptNeighbors(pytest.approx(np.mean(shares)), 16)


def test_the_sample_is_drawn_evenly_and_grows_with_the_run():
    """Of 400 images, 50 are computed again: from all of the run, in batches of 8."""
    sample, seen = Sample(), []

    def exact(batch):
        seen.append(batch)
        return batch

    for start in range(0, 400, 40):
        sample.add(IMAGES[start : start + 40], IMAGES[start : start + 40])
    assert sample.compare(exact) == KeptNeighbors(1.0, 50)
    assert [len(batch) for batch in seen] == [8, 8, 8, 8, 8, 8, 2]
    places = [int(np.flatnonzero((row == IMAGES).all(axis=1))[0]) for batch in seen for row in batch]
    assert len(set(places)) == 50
    assert sum(place < 64 for place in places) < 20
    assert sum(place >= 200 for place in places) > 12


def test_large_inputs_are_held_within_bounds(monkeypatch):
    monkeypatch.setattr(kept_neighbors, "MAX_BYTES", 100)
    sample = Sample()
    sample.add(IMAGES, IMAGES)
    assert sample.compare(lambda batch: batch).n_images == 16


def test_a_few_images_tell_nothing():
    sample = Sample()
    sample.add(IMAGES[:15], IMAGES[:15])
    assert sample.compare(lambda batch: batch) is None


def test_a_share_is_rounded_down():
    assert str(KeptNeighbors(0.99951, 64)) == (
        "Among 64 of these images, 99.9 % of the 5 nearest neighbours of each are those of float32."
    )
    assert "100 % of" in str(KeptNeighbors(1.0, 64))


@pytest.mark.slow
@pytest.mark.skipif(not openvino_engine.is_available(), reason="OpenVINO is not installed")
def test_a_run_in_bfloat16_says_how_many_neighbours_stay(monkeypatch):
    monkeypatch.setattr(fast, "has_bfloat16", lambda: True)
    model = engine_toys.tiny_model()
    engines = FastEngines(model)
    engines.begin()
    batch = engine_toys.batch_of(16)
    values = engines(batch)
    assert len(engines.notes) == 1
    engines.conclude()
    engines.end()
    pairs = zip(by_cosine(values), by_cosine(engine_toys.by_hand(model, batch)), strict=True)
    expected = np.mean([len(set(near.tolist()) & set(true.tolist())) / 5 for near, true in pairs])
    assert engines.kept == KeptNeighbors(pytest.approx(expected, abs=0.03), 16)
    assert engines.notes[1] == str(engines.kept)
    engines.begin()
    assert engines.kept is None
