"""Names of files: made safe to show, read for labels, told from those of the system."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

MAX_NAME = 120  # characters that are shown
_SEPARATORS = re.compile(r"[\\/]+")
_SYSTEM_NAMES = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "icon\r", "__macosx"})
EXTENSIONS = {
    "JPEG": ("jpg", "jpeg", "jpe", "jfif", "mpo"),
    "PNG": ("png", "apng"),
    "WebP": ("webp",),
    "AVIF": ("avif",),
    "GIF": ("gif",),
    "BMP": ("bmp", "dib"),
    "TIFF": ("tif", "tiff"),
    "HEIC": ("heic", "heif", "hif"),
    "PPM": ("ppm", "pnm"),
    "PGM": ("pgm", "pnm"),
    "PBM": ("pbm", "pnm"),
    "PFM": ("pfm",),
}


def clean_name(raw: str) -> str:
    r"""Make a file's name safe to show as plain text.

    Folders, drive letters and ".." are dropped, control and direction characters removed, the rest brought to NFC and to at
    most 120 characters, with the extension kept.

    >>> clean_name("..\\..\\secret/cat.jpg")
    'cat.jpg'
    >>> clean_name("a" * 200 + ".png")[-8:]
    'aaa….png'
    """
    text = _plain(_SEPARATORS.split(raw)[-1])
    if not text.strip("."):
        return "unnamed"
    if len(text) <= MAX_NAME:
        return text
    suffix = PurePosixPath(text).suffix[:12]
    return text[: MAX_NAME - len(suffix) - 1] + "…" + suffix


def shown_text(raw: str, limit: int = MAX_NAME) -> str:
    r"""Make any text safe to show as plain text, at most so many characters long.

    >>> shown_text(" birds/\u202eowl.jpg\n "), shown_text("abcdef", 4)
    ('birds/owl.jpg', 'abc…')
    """
    text = _plain(raw[: 20 * limit])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def label_of(raw: str) -> str | None:
    r"""Read the label from the folder that a file lies in; None when it lies in none.

    >>> label_of("birds/owl/1.jpg"), label_of("1.jpg"), label_of("C:\\owl\\1.jpg")
    ('owl', None, 'owl')
    """
    parts = _parts(raw)
    return (_plain(parts[-2])[:60] or None) if len(parts) > 1 else None


def labels_of(names: Sequence[str]) -> list[str | None]:
    """Read the labels of the files of one source: their folders, where every image lies equally deep in one.

    Args:
        names: With their folders. Only those with an image's extension decide, when there are any.

    >>> labels_of(["birds/owl/1.jpg", "birds/eagle/1.jpg", "read me.txt"])
    ['owl', 'eagle', None]
    >>> labels_of(["owl/1.jpg", "2.jpg"])
    [None, None]
    """
    known = {extension for extensions in EXTENSIONS.values() for extension in extensions}
    shown = [name for name in names if not is_system_file(name)]
    images = [name for name in shown if _extension(name) in known] or shown
    is_even = len({len(_parts(name)) for name in images}) == 1
    return [label_of(name) if is_even else None for name in names]


def _parts(raw: str) -> list[str]:
    return [part for part in _SEPARATORS.split(raw) if part not in ("", ".", "..") and not part.endswith(":")]


def _extension(raw: str) -> str:
    return PurePosixPath(clean_name(raw)).suffix.lower().removeprefix(".")


def is_system_file(raw: str) -> bool:
    """Tell whether a system or a program put a file there, not a person.

    >>> [is_system_file(name) for name in (".DS_Store", "__MACOSX/a/._1.jpg", "a/Thumbs.db", "a/cat.jpg")]
    [True, True, True, False]
    """
    parts = [part.lower() for part in _SEPARATORS.split(raw) if part not in ("", ".", "..")]
    return any(part in _SYSTEM_NAMES or (part.startswith(".") and len(part) > 1) for part in parts)


def extension_note(raw: str, form: str) -> tuple[str, ...]:
    """Note when a file's extension does not match its real format.

    >>> extension_note("cat.jpg", "PNG"), extension_note("cat.png", "PNG")
    (('is a PNG, named .jpg',), ())
    """
    extension = _extension(raw)
    if not extension or extension in EXTENSIONS.get(form, (extension,)):
        return ()
    article = "an" if form == "AVIF" else "a"
    return (f"is {article} {form}, named .{extension}",)


def _plain(text: str) -> str:
    kept = (character for character in unicodedata.normalize("NFC", text) if _is_shown(character))
    return " ".join("".join(kept).split()).strip()


def _is_shown(character: str) -> bool:
    """Keep letters, marks and signs; drop control, direction and surrogate characters, but treat white space as space."""
    return character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
