"""Colour spaces that a file declares by numbers rather than by a profile, and their conversion to sRGB."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

Point = tuple[float, float]
D65: Point = (0.3127, 0.3290)
_SRGB = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), D65)
PRIMARIES: Mapping[int, tuple[Point, Point, Point, Point]] = MappingProxyType(
    {
        1: _SRGB,
        4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), (0.310, 0.316)),
        5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), D65),
        6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),
        7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),
        9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65),
        11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
        12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), D65),
        22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), D65),
    }
)
"""Red, green, blue and white of ITU-T H.273 in CIE xy, by their number."""
_SRGB_CURVES = (1, 6, 13, 14, 15)
"""Transfer characteristics that screens show as sRGB: those of video (BT.709, BT.601, BT.2020) with it."""
LINEAR, PQ, HLG = 8, 16, 18
_GAMMAS = MappingProxyType({4: 2.2, 5: 2.8, 17: 2.6, LINEAR: 1.0})
_WHITE_NITS = 203.0  # of paper white in HDR, ITU-R BT.2408
_SHOULDER = 0.5  # of paper white: brighter light is compressed
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_N_LEVELS = 4096  # of light that are told apart on the way back to 8 bits, evenly spread over its square root


@dataclass(frozen=True)
class ColorSpace:
    """Colours by numbers.

    Attributes:
        primaries: Red, green, blue and white in CIE xy.
        curve: The transfer characteristics of ITU-T H.273.
        gamma: The power from stored values to light, in place of `curve`; None where the curve counts.
        is_narrow: Whether black is 16 and white 235.
    """

    primaries: tuple[Point, Point, Point, Point] = _SRGB
    curve: int = 13
    gamma: float | None = None
    is_narrow: bool = False

    @property
    def is_hdr(self) -> bool:
        """Whether it holds light brighter than paper white, which is compressed."""
        return self.gamma is None and self.curve in (PQ, HLG)

    @property
    def is_srgb(self) -> bool:
        """Whether going to sRGB changes no colour by more than 2 of 255."""
        steps = np.linspace(0, 255, 9).round().astype(np.uint8)
        lattice = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(27, 27, 3)
        return bool(np.abs(to_srgb(lattice, self).astype(int) - lattice).max() <= 2)


ADOBE_RGB = ColorSpace(((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), D65), gamma=563 / 256)
"""Adobe RGB (1998) Color Image Encoding, version 2005-05: its primaries and its power, 2.19921875."""


def of_numbers(primaries: int, curve: int, *, is_narrow: bool = False) -> ColorSpace | None:
    """Return the colours of ITU-T H.273; None where they are not told. What is unknown counts as sRGB's.

    >>> of_numbers(12, 13).is_srgb, of_numbers(1, 13).is_srgb, of_numbers(2, 2)
    (False, True, None)
    """
    if primaries == curve == 2 and not is_narrow:
        return None
    return ColorSpace(PRIMARIES.get(primaries, _SRGB), curve, is_narrow=is_narrow)


def to_srgb(pixels: np.ndarray, space: ColorSpace) -> np.ndarray:
    """Convert pixels to sRGB, relative to white; colours outside sRGB are clipped.

    Light of PQ and HLG is compressed above half of paper white by a smooth shoulder, the same for all images.

    Args:
        pixels: uint8 RGB `(..., 3)`. Not modified.
        space: What they are in.

    Returns:
        uint8 RGB of the same shape.
    """
    light = _light_table(space)[pixels]
    if space.gamma is None and space.curve == HLG:
        luma = np.array(_to_xyz(space.primaries)[1], np.float32)
        light = light * np.maximum(light @ luma, 1e-6)[..., None] ** np.float32(0.2) * np.float32(1000 / _WHITE_NITS)
    light = light @ np.asarray(_matrix(space.primaries), np.float32).T
    if space.is_hdr:
        light = _compressed(light)
    levels = np.sqrt(np.clip(light, 0, 1)) * (_N_LEVELS - 1)
    return np.asarray(_stored_table()[np.rint(levels).astype(np.intp)])


def _compressed(light: np.ndarray) -> np.ndarray:
    """Compress light above the shoulder, by its brightest channel, so that its hue stays."""
    peak = np.maximum(light.max(axis=-1, keepdims=True), 1e-6)
    room = 1 - _SHOULDER
    shown = np.where(peak <= _SHOULDER, peak, _SHOULDER + room * -np.expm1(-(peak - _SHOULDER) / room))
    return np.asarray(light * (shown / peak))


@functools.lru_cache(maxsize=16)
def _light_table(space: ColorSpace) -> np.ndarray:
    """Return the light of each stored value, 1 for white (paper white for PQ, the peak for HLG); float32 `(256,)`."""
    stored = np.arange(256) / 255
    if space.is_narrow:
        stored = np.clip((stored * 255 - 16) / 219, 0, 1)
    if space.gamma is not None:
        return (stored**space.gamma).astype(np.float32)
    if space.curve in _GAMMAS:
        return (stored ** _GAMMAS[space.curve]).astype(np.float32)
    curve: Callable[[np.ndarray], np.ndarray] = {PQ: _pq_light, HLG: _hlg_light}.get(space.curve, _srgb_light)
    return curve(stored).astype(np.float32)


@functools.cache
def _stored_table() -> np.ndarray:
    """Return the stored value of sRGB for each level of light."""
    light = (np.arange(_N_LEVELS) / (_N_LEVELS - 1)) ** 2
    stored = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * stored).astype(np.uint8))


def _srgb_light(stored: np.ndarray) -> np.ndarray:
    return np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4)


def _pq_light(stored: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084, in shares of paper white."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    root = stored ** (1 / m2)
    return (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1) * (10_000 / _WHITE_NITS)


def _hlg_light(stored: np.ndarray) -> np.ndarray:
    """ITU-R BT.2100, light of the scene."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(stored <= 0.5, stored**2 / 3, (np.exp((stored - c) / a) + b) / 12)


@functools.lru_cache(maxsize=16)
def _matrix(primaries: tuple[Point, Point, Point, Point]) -> tuple[tuple[float, ...], ...]:
    """Return the way from light of some primaries to light of sRGB, white to white (Bradford)."""
    own, srgb = np.array(_to_xyz(primaries)), np.array(_to_xyz(_SRGB))
    cones, wanted = _BRADFORD @ own.sum(axis=1), _BRADFORD @ srgb.sum(axis=1)
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(wanted / cones) @ _BRADFORD @ own
    return tuple(map(tuple, np.linalg.inv(srgb) @ adapted))


@functools.lru_cache(maxsize=16)
def _to_xyz(primaries: tuple[Point, Point, Point, Point]) -> tuple[tuple[float, ...], ...]:
    red, green, blue, white = (np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in primaries)
    colors = np.stack([red, green, blue], axis=1)
    return tuple(map(tuple, colors * np.linalg.solve(colors, white)))
