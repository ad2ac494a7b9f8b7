"""The code that brings images to a network: reading, fitting, preprocessing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from featx_core.images.fitting import PAD_GREY, RESIZE

FITTING: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "crop": (
            "cut out the middle at the size of the network",
            """\
    shares = np.divide(SIZE[::-1], image.size)
    shares /= shares.max()  # of width and height that are kept
    box = np.multiply([*(0.5 - shares / 2), *(0.5 + shares / 2)], 2 * image.size)
    return np.asarray(image.resize(SIZE[::-1], Image.Resampling.BICUBIC, tuple(box), reducing_gap=2.0))
""",
        ),
        "stretch": (
            "stretch it to the size of the network",
            "    return np.asarray(image.resize(SIZE[::-1], Image.Resampling.BICUBIC, reducing_gap=2.0))\n",
        ),
        "pad": (
            "set it into a grey frame of the size of the network",
            f"""\
    scale = min(SIZE[1] / image.width, SIZE[0] / image.height)
    inner = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    image = image.resize(inner, Image.Resampling.BICUBIC, reducing_gap=2.0)
    frame = Image.new("RGB", SIZE[::-1], ({PAD_GREY}, {PAD_GREY}, {PAD_GREY}))
    frame.paste(image, ((SIZE[1] - inner[0]) // 2, (SIZE[0] - inner[1]) // 2))
    return np.asarray(frame)
""",
        ),
        "resize_crop": (
            "scale it and cut out the middle, as torchvision's presets do",
            f"""\
    height, width = (round(side * {RESIZE[0]} / {RESIZE[1]}) for side in SIZE)
    is_tall = SIZE[1] * image.height > SIZE[0] * image.width  # beside the frame
    tall, wide = (width, int(width * image.height / image.width)), (int(height * image.width / image.height), height)
    image = np.asarray(image.resize(tall if is_tall else wide, Image.Resampling.BILINEAR))
    top, left = round((image.shape[0] - SIZE[0]) / 2), round((image.shape[1] - SIZE[1]) / 2)
    return image[top : top + SIZE[0], left : left + SIZE[1]]
""",
        ),
    }
)
"""What is done to an image, in words and as the last lines of `read`, by a name of `FITS`."""

PREPROCESSING_CODE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "caffe": (
            "BGR in place of RGB, without the mean of ImageNet.",
            'return images[..., ::-1].astype("float32") - np.float32([103.939, 116.779, 123.68])',
        ),
        "tf": ("Values from -1 to 1.", 'return images.astype("float32") / 127.5 - 1'),
        "lite": ("Values from about -1 to 1.", 'return (images.astype("float32") - 127) / 128'),
        "torch": (
            "Values from 0 to 1, standardized with the mean and standard deviation of ImageNet.",
            'images = images.astype("float32") / 255\n'
            "    return (images - np.float32([0.485, 0.456, 0.406])) / np.float32([0.229, 0.224, 0.225])",
        ),
        "clip": (
            "Values from 0 to 1, standardized with the mean and standard deviation of CLIP's images.",
            'images = images.astype("float32") / 255\n'
            "    mean, deviation = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]\n"
            "    return (images - np.float32(mean)) / np.float32(deviation)",
        ),
        "unit": ("Values from 0 to 1.", 'return images.astype("float32") / 255'),
        "none": ("Values from 0 to 255: the network scales them itself.", 'return images.astype("float32")'),
        "unit_grey": (
            "Brightness from 0 to 1, as one channel.",
            'grey = images.astype("float32") @ np.float32([0.299, 0.587, 0.114])\n    return grey[..., np.newaxis] / 255',
        ),
    }
)
"""What a preprocessing does, in words and as the body of a function, by a key of `PREPROCESSING`."""


def reading(fit: str) -> str:
    """Write the function `read`, from a path to an image at the size of a network.

    Args:
        fit: One of `FITS`.
    """
    words, lines = FITTING[fit]
    return f'''\
def read(path):
    """Decode an image, turn it upright, and {words}."""
    image = Image.open(path)
    image.draft(None, (2 * max(SIZE), 2 * max(SIZE)))  # a large JPEG is decoded smaller
    image = ImageOps.exif_transpose(image).convert("RGB")
{lines}'''


def preparing(name: str) -> str:
    """Write the function `preprocess`, from uint8 images to what a network receives.

    Args:
        name: A key of `PREPROCESSING`.
    """
    words, body = PREPROCESSING_CODE[name]
    return f'def preprocess(images):\n    """{words}"""\n    {body}\n'
