"""Neighbours that the worker finds are those of the whole array."""

import numpy as np
import pytest

from featx_core.base.files.digests import digest_of_all
from featx_core.measures.neighbors import nearest
from featx_core.specs.pretrained import Pretrained
from featx_core.tasks import neighbors
from featx_core.tasks.requests import NeighborsQuestion
from featx_core.workspace.workspace import Workspace

SPEC = Pretrained("mobilenet_v2", weights="random")


@pytest.mark.parametrize("max_kept", [neighbors.MAX_KEPT_BYTES, 0])
def test_they_are_those_of_the_array_and_what_has_changed_is_told(make_png, monkeypatch, max_kept):
    monkeypatch.setattr(neighbors, "MAX_KEPT_BYTES", max_kept)
    workspace = Workspace.open(":memory:")
    workspace.add([(f"{number}.png", make_png(number)) for number in range(8)])
    values = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    values[2, 1] = np.nan
    workspace.vectors.save(SPEC.digest, dict(zip(workspace.images().digests, values, strict=True)))
    run = workspace.ledger.save(SPEC, {})
    rows = digest_of_all(workspace.images().digests)
    usable = [row for row in range(8) if row != 2]
    for row in usable:
        asked = NeighborsQuestion(run.digest, run.created, rows, row, 3)
        expected = [
            (usable[near.row], near.similarity) for near in nearest(values[usable], usable.index(row), n_neighbors=3)
        ]
        found = neighbors.find_neighbors(workspace, asked.to_parameters())
        assert [near for near, _ in found] == [near for near, _ in expected]
        assert [cosine for _, cosine in found] == pytest.approx([cosine for _, cosine in expected])
    asked = NeighborsQuestion(run.digest, run.created, rows, 2, 3).to_parameters()
    assert neighbors.find_neighbors(workspace, asked) == []
    workspace.remove(["0.png"])
    with pytest.raises(ValueError, match="images of this run have changed"):
        neighbors.find_neighbors(workspace, asked)
