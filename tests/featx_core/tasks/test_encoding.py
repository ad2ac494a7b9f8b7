import json

import numpy as np
import pytest

from featx_core.extraction.features import Features
from featx_core.specs.pretrained import Pretrained
from featx_core.tasks import encoding

SPEC = Pretrained("mobilenet_v3_small", weights="random")


@pytest.fixture
def features():
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 7
    return Features(values, ("a.png", "b.png"), ("cat", None), ("d0", "d1"), SPEC, {"seconds": 1.5})


def test_features_come_back_from_a_message_as_they_were(features):
    sent = json.loads(json.dumps(encoding.features_to_json(features)))
    back = encoding.features_from_json(sent, {"seconds": 1.5})
    np.testing.assert_array_equal(back.values, features.values)
    assert (back.names, back.labels, back.digests, back.spec) == (
        features.names,
        features.labels,
        features.digests,
        features.spec,
    )
    assert back.details == {"seconds": 1.5}


def test_features_too_large_for_a_message_are_not_sent(features, monkeypatch):
    monkeypatch.setattr(encoding, "MAX_SENT_BYTES", features.values.nbytes - 1)
    assert encoding.features_to_json(features) is None
