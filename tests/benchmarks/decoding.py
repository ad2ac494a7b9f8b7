"""Decoding and fitting photographs, against Pillow's plain way."""

import io

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

import featx_core as fx
from featx_core.images.decoding import decode
from featx_core.images.fitting import fit_image
from featx_core.networks.engines.fast import measure
from tests.benchmarks.measuring import SIZES, Outcome, at_least, photograph, seconds_of

SIDE = 224
TRAINED, RANDOM = "embedded_v1", "mobilenet_v2"
_COSINE = "cosine of the features to those of the plain way, lowest of 2 photographs"


def decoding(*, quick: bool) -> list[Outcome]:
    """Time both ways in one thread; and compare the features of photographs of 12 megapixels, brought in both ways."""
    files = [photograph(SIZES["12 megapixels"], number) for number in range(4 if quick else 24)]
    found = [
        seconds_of(lambda: [_plain(content) for content in files])
        / seconds_of(lambda: [_ours(content) for content in files])
        for _ in range(2 if quick else 5)
    ]
    trained = _agreement(TRAINED, "embedded")
    return [
        at_least("decode and fit, 12 megapixels, times Pillow's open, convert, resize", found, 4),
        Outcome(f"{_COSINE}, trained weights ({TRAINED})", f"{trained:.5f}", "at least 0.999", trained >= 0.999),
        Outcome(f"{_COSINE}, random weights ({RANDOM})", f"{_agreement(RANDOM, 'random'):.3g}"),
        Outcome(
            "the same for pixels that differ by 0.4 of 255 levels on average",
            f"{_agreement(RANDOM, 'random', noisy=True):.3g}",
        ),
    ]


def _agreement(backbone: str, weights: str, *, noisy: bool = False) -> float:
    """Compare the features of two photographs; `noisy` compares those of the plain way with and without a little noise.

    Random weights magnify the smallest difference of pixels, so what they give is shown beside what noise does.
    """
    extractor = fx.build(fx.Pretrained(backbone, weights=weights, image_size=(SIDE, SIDE)))
    photographs = [_enlarged(pixels) for pixels in load_sample_images().images]
    plain = np.stack([_plain_crop(content) for content in photographs])
    steps = np.random.default_rng(0).choice([-1, 0, 0, 0, 1], plain.shape)
    other = (
        np.clip(plain + steps, 0, 255).astype(np.uint8)
        if noisy
        else np.stack([_ours(content) for content in photographs])
    )
    return measure(extractor(other), extractor(plain)).cosine


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
