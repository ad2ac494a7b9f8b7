"""What goes between the stages. What Ray does with it is in `test_with_ray.py`."""

import numpy as np

from featx_core.distributed.decoding import Decoded
from featx_core.distributed.pipeline import PIXELS, _received, _sent
from featx_core.distributed.plan import Listed


def test_chunks_arrive_as_they_were_sent_and_pixels_are_not_copied():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3), dtype=np.uint8)
    whole = Decoded("a", (Listed("1", "cat", mark="7-9"),) * 5, ("x",) * 5, pixels, (("bad", "is empty"),))
    none = Decoded("b", (), (), pixels[:0], (("gone", "does not exist"),))
    batch = _sent([whole, none])
    for sent, found in zip((whole, none), _received(batch), strict=True):
        assert (found.name, found.images, found.digests, found.left_out) == (
            sent.name,
            sent.images,
            sent.digests,
            sent.left_out,
        )
        assert [image.mark for image in found.images] == [image.mark for image in sent.images]
        np.testing.assert_array_equal(found.pixels, sent.pixels)
    kept = np.frombuffer(batch.column(PIXELS).chunk(0).buffers()[2], np.uint8)
    assert np.shares_memory(next(_received(batch)).pixels, kept)
    (only,) = _received(batch.slice(1))
    assert only.name == "b"
    assert next(_received(_sent([none]))).pixels.shape == (0, 4, 6, 3)
