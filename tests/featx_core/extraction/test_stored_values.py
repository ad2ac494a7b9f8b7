"""Features that stay in the workspace read as an array of them does."""

import numpy as np
import pytest

from featx_core.extraction import stored_values
from featx_core.extraction.features import load_features
from featx_core.specs.pretrained import Pretrained
from featx_core.workspace.workspace import Workspace

SPEC = Pretrained("mobilenet_v2", weights="random")


@pytest.fixture
def workspace(make_png):
    made = Workspace.open(":memory:")
    made.add([(f"{number}.png", make_png(number)) for number in range(6)])
    values = np.arange(36, dtype=np.float32).reshape(6, 2, 3)
    made.vectors.save(SPEC.digest, dict(zip(made.images().digests[1:], values[1:], strict=True)))
    made.ledger.save(SPEC, {})
    return made


def test_they_read_as_the_array_does(workspace, monkeypatch):
    monkeypatch.setattr(stored_values, "ROWS_AT_ONCE", 2)
    whole, stored = load_features(workspace, SPEC.digest), load_features(workspace, SPEC.digest, max_values=29)
    assert (whole.is_stored, stored.is_stored) == (False, True)
    assert load_features(workspace, SPEC.digest, max_values=30).is_stored is False
    assert (stored.names, stored.labels, stored.digests) == (whole.names, whole.labels, whole.digests)
    assert (stored.feature_shape, stored.values.size, stored.values.nbytes, len(stored)) == ((2, 3), 30, 120, 5)
    np.testing.assert_array_equal(stored.vectors, whole.vectors)
    np.testing.assert_array_equal(stored.of_rows([4, 0]).vectors, whole.vectors[[4, 0]])
    np.testing.assert_array_equal(stored.values[1:4], whole.values[1:4])
    np.testing.assert_array_equal(np.concatenate([part for _, part in stored.values.blocks()]), whole.values)
    np.testing.assert_array_equal(stored.values.some(np.array([3, 1])), whole.values[[3, 1]])
    with pytest.raises(ValueError, match="always a copy"):
        np.array(stored.values, copy=False)


def test_a_damaged_row_is_not_a_number(workspace):
    stored = load_features(workspace, SPEC.digest, max_values=0)
    with workspace._store.transaction() as connection:
        connection.execute("UPDATE vectors SET checksum = checksum + 1 WHERE rowid = 3")
    np.testing.assert_array_equal(np.isnan(stored.vectors).all(axis=1), [False, False, True, False, False])
    assert workspace.n_left(SPEC.digest) == 1
