"""Decoding and fitting photographs, against Pillow's plain way."""

import io

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

import featx_core as fx
from featx_core.fast_engine import measure
from featx_core.images import decode, fit_image
from tests.benchmarks.measuring import SIZES, Outcome, at_least, photograph, seconds_of

SIDE = 224


def decoding(*, quick: bool) -> list[Outcome]:
    """Time both ways in one thread; and compare the features of photographs of 12 megapixels, brought in both ways."""
    files = [photograph(SIZES["12 megapixels"], number) for number in range(4 if quick else 24)]
    found = [
        seconds_of(lambda: [_plain(content) for content in files])
        / seconds_of(lambda: [_ours(content) for content in files])
        for _ in range(2 if quick else 5)
    ]
    extractor = fx.build(fx.Pretrained("mobilenet_v2", weights="random"))
    photographs = [_enlarged(pixels) for pixels in load_sample_images().images]
    ours, plain = (extractor(np.stack([way(content) for content in photographs])) for way in (_ours, _plain_crop))
    cosine = measure(ours, plain).cosine
    return [
        at_least("decode and fit, 12 megapixels, times Pillow's open, convert, resize", found, 4),
        at_least(
            "cosine of the features to those of the plain way, lowest of 2 photographs",
            [cosine],
            0.999,
        ),
    ]


def _ours(content: bytes) -> np.ndarray:
    return fit_image(decode(content, at_least=(SIDE, SIDE)), (SIDE, SIDE), "crop")


def _plain(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB").resize((SIDE, SIDE)))


def _plain_crop(content: bytes) -> np.ndarray:
    """Open in full, crop the middle square, resize: what the quick way stands for."""
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    side = min(picture.size)
    left, top = ((length - side) / 2 for length in picture.size)
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC, (left, top, left + side, top + side)))


def _enlarged(pixels: np.ndarray) -> bytes:
    """A photograph at 12 megapixels, as JPEG."""
    out = io.BytesIO()
    Image.fromarray(pixels).resize(SIZES["12 megapixels"], Image.Resampling.LANCZOS).save(out, "JPEG", quality=92)
    return out.getvalue()
