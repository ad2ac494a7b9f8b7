from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from research.embedded_v1 import evaluate
from research.embedded_v1.evaluation import picture_cache
from research.embedded_v1.evaluation.networks import TWIN_SEEDS, describe_with, heat_of, read_network, untrained


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["evaluate", *arguments])
    evaluate.main()


def _save(network, path: Path) -> Path:
    arrays = {f"{layer.name}/{each.name}": each.numpy() for layer in network.layers for each in layer.weights}
    np.savez(path, **arrays)
    return path


def test_missing_weights_are_an_error_in_plain_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit):
        _run(monkeypatch, "--checkpoint", "nowhere.npz")
    assert "There are no weights at nowhere.npz. Give --checkpoint FILE" in capsys.readouterr().err


@pytest.mark.slow
def test_smoke_prints_each_suite_and_the_mean(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(picture_cache, "folder", lambda: tmp_path)
    _run(monkeypatch, "--smoke")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["D1", "D5", "mean"]
    assert 0 < float(lines[-1].split()[1]) < 100


@pytest.mark.slow
def test_a_checkpoint_gives_the_features_of_its_network_whatever_the_batch(tmp_path: Path) -> None:
    network = untrained(TWIN_SEEDS[0])
    images = np.random.default_rng(0).integers(0, 256, (70, 112, 112, 3), np.uint8)
    features = describe_with(network)(images)
    maps = np.array(network(images[:2].astype(np.float32), training=False))
    assert features.shape == (70, 256)
    assert features[:2] == pytest.approx(maps.mean(axis=(1, 2)), rel=1e-4, abs=1e-5)
    again = describe_with(read_network(_save(network, tmp_path / "checkpoint.npz")))
    assert again(images[64:]) == pytest.approx(features[64:], rel=1e-4, abs=1e-5)
    heat = heat_of(network)(images[0])
    assert heat == pytest.approx(np.linalg.norm(maps[0], axis=-1), rel=1e-4, abs=1e-5)


def test_a_file_of_other_arrays_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", **{"stem_conv/kernel": np.zeros((5, 5, 3, 32), np.float32)})
    with pytest.raises(ValueError, match="Missing: stem_conv/bias"):
        read_network(tmp_path / "other.npz")
