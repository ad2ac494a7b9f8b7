"""ICC profiles: conversion to sRGB, judged by what a profile does and not by its name."""

from __future__ import annotations

import functools
import io

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 4 * 1024**2
_SAME = 2  # of 255: a profile that changes no colour by more is sRGB's
_SPACES = {"RGB": ("RGB",), "GRAY": ("L",), "CMYK": ("CMYK",)}


class ProfileError(ValueError):
    """A profile that does not parse, or that belongs to another colour model than the image's."""


def profile_mode(profile: bytes, mode: str) -> str:
    """Tell in which mode an image must be to go through a profile: its own, or RGB for a grey one with a colour profile.

    Raises:
        ProfileError: If the profile cannot be used for it.
    """
    space = _color_space(profile)
    if mode in _SPACES.get(space, ()):
        return mode
    if mode == "L" and space == "RGB":
        return "RGB"
    raise ProfileError(f"A profile of {space or 'nothing'} does not match an image of mode {mode}.")


@functools.lru_cache(maxsize=8)
def transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Build the way from a profile to sRGB; None when it changes nothing, as with most.

    Raises:
        ProfileError: If the profile cannot be used.
    """
    try:
        source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        if mode != "CMYK" and _is_srgb(source, mode):
            return None
        return ImageCms.buildTransform(source, target, mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise ProfileError(str(error)) from error


@functools.lru_cache(maxsize=8)
def keeps_greys(profile: bytes) -> bool:
    """Return whether a colour profile leaves greys as they are, as all do that have sRGB's curve.

    Raises:
        ProfileError: If the profile cannot be used.
    """
    try:
        return _is_srgb(ImageCms.ImageCmsProfile(io.BytesIO(profile)), "RGB", greys_only=True)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise ProfileError(str(error)) from error


@functools.lru_cache(maxsize=8)
def _color_space(profile: bytes) -> str:
    if len(profile) > MAX_PROFILE_BYTES:
        raise ProfileError("The profile is too large.")
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space.strip()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise ProfileError(str(error)) from error


def _is_srgb(source: ImageCms.ImageCmsProfile, mode: str, *, greys_only: bool = False) -> bool:
    """Return whether a profile leaves colours as they are: all of a lattice over their cube, or all greys."""
    steps = np.linspace(0, 255, 17).round().astype(np.uint8)
    colors = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(17, -1, 3)
    if mode == "L" or greys_only:
        colors = np.repeat(np.arange(256, dtype=np.uint8).reshape(1, 256, 1), 3, axis=2)
    given = Image.fromarray(colors)
    way = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    shown = ImageCms.applyTransform(given if mode == "RGB" else given.convert(mode), way)
    return shown is not None and bool(np.abs(np.asarray(shown).astype(int) - colors).max() <= _SAME)
