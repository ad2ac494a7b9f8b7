"""Scaling of pixels of any depth to 8 bits: by type, by range or by percentiles."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image

from featx_core.base.wording import spaced
from featx_core.images.formats.raster import Raster

AUTOMATIC = "automatic"
SCALINGS: Mapping[str, str] = MappingProxyType(
    {
        AUTOMATIC: "Integers of up to 16 bits by type; all others by range, or by percentiles where a few outliers "
        "take up most of the range",
        "type": "From the smallest to the largest value of the file's data type, or that the file declares",
        "range": "From the smallest to the largest value of each image",
        "percentiles": "From the 0.1 to the 99.9 percentile of each image's values",
    }
)
"""How pixels of more than 8 bits become 8: key to what it does. Images of 8 bits are left as they are."""
PERCENTILES = (0.1, 99.9)
_OUTLIER_SHARE = 0.1  # of the range: when the pixels between the percentiles fill less, the rest are outliers
_LOW_USE = 0.5  # of the range of the type: less is noted
_N_SAMPLED = 1_000_000  # pixels, evenly spread, from which percentiles are found
_STRIP_VALUES = 1_000_000  # at once: a float image of 100 megapixels would take gigabytes
_MISSING = (-9999.0, -99999.0, -32768.0, -32767.0)
"""Values that stand for "no data" by custom; what lies below -1e30 does so too."""


@dataclass(frozen=True)
class _Spread:
    """How the colours of a raster are spread, missing and infinite ones left out; all 0 where none is left.

    Attributes:
        ends: The smallest and the largest value.
        middle: The values at `PERCENTILES`; both are values of the image, and at least one pixel lies beyond each.
    """

    ends: tuple[float, float]
    middle: tuple[float, float]

    def share_of(self, low: float, high: float) -> float:
        """Return the share of a range that the middle fills."""
        return (self.middle[1] - self.middle[0]) / (high - low) if high > low else 1.0


@dataclass(frozen=True)
class _Range:
    """From which value to which one a raster is scaled, by which rule."""

    rule: str
    low: float
    high: float


def eight_bit(raster: Raster, scaling: str = AUTOMATIC) -> tuple[Image.Image, tuple[str, ...]]:
    """Scale pixels to 8 bits.

    Args:
        raster: Not modified.
        scaling: A key of `SCALINGS`.

    Returns:
        The image in the raster's mode, its alpha straight, and what was done to it in plain words.

    Raises:
        ValueError: If `scaling` is unknown.
    """
    check_scaling(scaling)
    if raster.type_range == (0, 255) and raster.declared is None and not raster.is_inverted:
        return _picture(raster, raster.values), raster.notes
    missing, notes = _missing(raster)
    spread = _spread(raster, missing)
    chosen = _range(raster, scaling, spread)
    out = np.empty(raster.values.shape, np.uint8)
    for rows in _strips(raster.values):
        out[rows] = _scaled(raster, raster.values[rows], chosen, missing)
    return _picture(raster, out), (*raster.notes, *_range_notes(raster, chosen, spread), *notes)


def check_scaling(scaling: str) -> None:
    """Refuse an unknown way of scaling.

    Raises:
        ValueError: If it is no key of `SCALINGS`.
    """
    if scaling not in SCALINGS:
        raise ValueError(f"`scaling` must be one of {', '.join(SCALINGS)}. Received: {scaling!r}.")


def _strips(values: np.ndarray) -> Iterator[slice]:
    """Return rows that lie beside each other, a bounded number of values at a time."""
    n_rows = max(1, _STRIP_VALUES // max(1, values[:1].size))
    return (slice(top, top + n_rows) for top in range(0, len(values), n_rows))


def _colors(raster: Raster, values: np.ndarray) -> np.ndarray:
    return values[..., :-1] if raster.has_alpha else values


def _known(raster: Raster, values: np.ndarray, missing: float | None) -> np.ndarray:
    """Return the colours among some pixels that are finite and not missing, in one row."""
    colors = _colors(raster, values).ravel()
    if colors.dtype.kind == "f":
        colors = colors[np.isfinite(colors)]
    return colors if missing is None else colors[colors != _like(colors, missing)]


def _like(values: np.ndarray, number: float) -> np.ndarray:
    """Return a number as it reads after it was stored in the type of some values."""
    with np.errstate(all="ignore"):
        return np.asarray(number).astype(values.dtype)


def _fits(number: float, dtype: np.dtype) -> bool:
    if dtype.kind not in "ui":
        return True
    limits = np.iinfo(dtype)
    return number == int(number) and limits.min <= number <= limits.max


def _missing(raster: Raster) -> tuple[float | None, tuple[str, ...]]:
    """Find the value that stands for "no data", declared or known by custom, and say what becomes of its pixels."""
    notes: tuple[str, ...] = ()
    if raster.values.dtype.kind == "f" and any(np.isnan(raster.values[rows]).any() for rows in _strips(raster.values)):
        notes = ("NaN values drawn black",)
    missing = raster.missing
    if missing is not None and _fits(missing, raster.values.dtype):
        is_there = any((raster.values[rows] == _like(raster.values, missing)).any() for rows in _strips(raster.values))
        return (missing, (f"no-data value {_shown(missing)} drawn black", *notes)) if is_there else (None, notes)
    missing = _missing_by_custom(raster)
    if missing is None:
        return None, notes
    return missing, (f"{_shown(missing)} treated as no data and drawn black", *notes)


def _missing_by_custom(raster: Raster) -> float | None:
    """Find a smallest value that is known to mean "no data" and lies farther below the others than these lie apart."""
    if raster.values.dtype.kind == "u":
        return None
    lowest = _spread(raster, None).ends[0]
    if lowest not in _MISSING and lowest > -1e30:
        return None
    rest = _spread(raster, lowest).ends
    return lowest if rest[0] - lowest > rest[1] - rest[0] > 0 else None


def _spread(raster: Raster, missing: float | None) -> _Spread:
    known = [_known(raster, raster.values[rows], missing) for rows in _strips(raster.values)]
    ends = [(float(part.min()), float(part.max())) for part in known if part.size]
    if not ends:
        return _Spread((0.0, 0.0), (0.0, 0.0))
    step = math.ceil(math.sqrt(raster.values.size / _N_SAMPLED))
    sampled = _known(raster, raster.values[::step, ::step], missing)
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if not sampled.size:
        return _Spread((low, high), (low, high))
    middle = (
        float(np.percentile(sampled, PERCENTILES[0], method="higher")),
        float(np.percentile(sampled, PERCENTILES[1], method="lower")),
    )
    return _Spread((low, high), (min(middle), max(middle)))


def _range(raster: Raster, scaling: str, spread: _Spread) -> _Range:
    """Choose from which value to which one a raster is scaled."""
    rule = scaling if scaling != AUTOMATIC else _automatic_rule(raster, spread)
    if rule == "type":
        return _range_of_type(raster, spread)
    if rule == "percentiles" and spread.middle[0] < spread.middle[1]:
        return _Range(rule, *spread.middle)
    return _Range("range", *spread.ends)


def _automatic_rule(raster: Raster, spread: _Spread) -> str:
    if raster.declared is not None or (raster.values.dtype.kind in "ub" and raster.n_bits <= 16):
        return "type"
    return "percentiles" if 0 < spread.share_of(*spread.ends) < _OUTLIER_SHARE else "range"


def _range_of_type(raster: Raster, spread: _Spread) -> _Range:
    """Return the range that the file declares, where its pixels keep to it, or else that of its type."""
    for rule, ends in (("declared", raster.declared), ("type", raster.type_range)):
        if ends is not None and ends[0] < ends[1] and ends[0] <= spread.middle[0] and spread.middle[1] <= ends[1]:
            return _Range(rule, *ends)
    return _Range("range", *spread.ends)


def _range_notes(raster: Raster, chosen: _Range, spread: _Spread) -> tuple[str, ...]:
    """Say how pixels were scaled, and that they use little of the range."""
    is_float, is_signed = (raster.values.dtype.kind == kind for kind in "fi")
    bits = f"{'signed ' if is_signed else ''}{raster.n_bits}-bit"
    words = "float scaled to 8 bits" if is_float else f"{bits} scaled to 8"
    if bits == "8-bit":
        words = "values scaled to 8 bits"
    low, high = _shown(chosen.low), _shown(chosen.high)
    how = {
        "type": " from 0 to 1" if is_float else "",
        "declared": f" by its declared maximum, {high}"
        if not chosen.low
        else f" by its declared range, {low} to {high}",
        "range": f" by its range, {low} to {high}",
        "percentiles": f" by its percentiles {PERCENTILES[0]} and {PERCENTILES[1]}, {low} to {high}",
    }[chosen.rule]
    share = spread.share_of(chosen.low, chosen.high)
    if share >= (_OUTLIER_SHARE if chosen.rule == "range" else _LOW_USE):
        return (words + how,)
    percent = f"{100 * share:.0f} %" if share >= 0.01 else "less than 1 %"
    name = {"type": "range" if is_float else f"{bits} range", "declared": "declared range"}.get(chosen.rule, "range")
    return words + how, f"uses {percent} of the {name}"


def _shown(number: float) -> str:
    """Write a number for a note.

    >>> _shown(4095.0), _shown(-9999.0), _shown(0.12346)
    ('4 095', '-9 999', '0.1235')
    """
    return spaced(int(number)) if number == int(number) and abs(number) < 1e15 else f"{number:.4g}"


def _scaled(raster: Raster, values: np.ndarray, chosen: _Range, missing: float | None) -> np.ndarray:
    """Scale some pixels, the alpha channel by its type."""
    colors = _scaled_colors(_colors(raster, values), chosen)
    if raster.is_inverted:
        colors = 255 - colors
    if missing is not None:
        colors[_colors(raster, values) == _like(values, missing)] = 0
    if values.dtype.kind == "f":
        colors[np.isnan(_colors(raster, values))] = 0
    if not raster.has_alpha:
        return colors
    return np.concatenate([colors, between(values[..., -1:], *raster.type_range)], axis=-1)


def _scaled_colors(colors: np.ndarray, chosen: _Range) -> np.ndarray:
    if colors.dtype == np.uint16:
        return _table(chosen.low, chosen.high).take(colors)
    return between(colors, chosen.low, chosen.high)


@functools.lru_cache(maxsize=4)
def _table(low: float, high: float) -> np.ndarray:
    """Return what each number of 16 bits becomes."""
    return between(np.arange(65536), low, high)


def between(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Scale values from a range to 0..255, uint8 in their shape; those beyond it are clipped."""
    with np.errstate(all="ignore"):
        scaled = (values.astype(np.float64) / 2 - low / 2) * (
            255 / ((high / 2 - low / 2) or 1.0)
        )  # no span is too large
        return np.rint(np.clip(np.nan_to_num(scaled, nan=0.0, posinf=255, neginf=0), 0, 255)).astype(np.uint8)


def _picture(raster: Raster, pixels: np.ndarray) -> Image.Image:
    size, mode = (pixels.shape[1], pixels.shape[0]), raster.mode
    image = Image.frombuffer(mode, size, np.ascontiguousarray(pixels), "raw", mode, 0, 1)
    if mode in ("La", "RGBa"):
        return image.convert(mode.replace("a", "A"))
    if raster.clear is not None and (raster.values == raster.clear).any():
        image.putalpha(Image.fromarray(np.where(raster.values == raster.clear, np.uint8(0), np.uint8(255))))
    return image
