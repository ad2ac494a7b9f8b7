"""File names and paths: made safe to show, kept unique, and told apart from system files."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

MAX_NAME = 120  # characters that are shown
MAX_PART = 500  # characters of a folder's name; no disk takes so many, an archive does
MAX_PARTS = 40  # folders that are kept of a path
MAX_FOLDERS_IN_NAME = 8  # beyond these a number tells names apart
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
_IMAGE_EXTENSIONS = frozenset(extension for extensions in EXTENSIONS.values() for extension in extensions)
_JOINERS = frozenset("\u200c\u200d") | {chr(code) for code in range(0xE0020, 0xE0080)}
"""The non-joiner that Persian words hold, the joiner of Indic letters and emoji, the tags that tell flags apart."""
_INVISIBLE = "".join(sorted(_JOINERS)) + " "
_UNDECODED = re.compile("[\udc80-\udcff]+")  # what Python makes of bytes in a name that are no UTF-8


def clean_name(raw: str) -> str:
    r"""Make a file's name safe to show as plain text.

    Folders, drive letters and ".." are dropped, control and direction characters removed, the rest brought to NFC and to at
    most 120 characters, with the extension kept.

    >>> clean_name("..\\..\\secret/cat.jpg")
    'cat.jpg'
    >>> clean_name("a" * 200 + ".png")[-8:]
    'aaa….png'
    """
    text = plain_text(_SEPARATORS.split(raw)[-1])
    if not text.strip("."):
        return "unnamed"
    if len(text) <= MAX_NAME:
        return text
    suffix = PurePosixPath(text).suffix[:12]
    return text[: MAX_NAME - len(suffix) - 1] + "…" + suffix


def shown_text(raw: str, limit: int = MAX_NAME) -> str:
    r"""Make any text safe to show as plain text, cut to a number of characters.

    >>> shown_text(" birds/\u202eowl.jpg\n "), shown_text("abcdef", 4)
    ('birds/owl.jpg', 'abc…')
    """
    text = plain_text(raw[: 20 * limit])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain_text(raw: str) -> str:
    r"""Make any text safe to show as plain text, whole, and without taking different words for one.

    Control and direction characters go; what joins letters or emoji stays, and bytes that are no UTF-8 are read as
    Windows-1252.

    >>> plain_text(" birds/\u202eowl.jpg\n "), plain_text("caf\udce9")
    ('birds/owl.jpg', 'café')
    """
    if raw.isascii() and raw.isprintable():
        return " ".join(raw.split())
    composed = unicodedata.normalize("NFC", _UNDECODED.sub(_decoded, raw))
    text = " ".join("".join(character for character in composed if _is_shown(character)).split())
    return text if text.strip(_INVISIBLE) else ""


def whole_name(raw: str) -> str:
    r"""Make a label or the name of a folder safe to show, whole.

    A name longer than any disk accepts is cut, and stays distinct from others.

    >>> whole_name(" birds\u200b "), len(whole_name("a" * 10_000))
    ('birds', 500)
    """
    text = plain_text(raw)
    if len(text) <= MAX_PART:
        return text
    return f"{text[: MAX_PART - 9]}…{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def clean_path(raw: str) -> str:
    r"""Make a file's path safe to show, with its folders, each of them whole.

    >>> clean_path("..\\birds/./owl/1.jpg"), clean_path("C:\\owl\\1.jpg"), clean_path("owl/")
    ('birds/owl/1.jpg', 'owl/1.jpg', 'owl/unnamed')
    """
    *folders, last = _SEPARATORS.split(raw)
    shown = whole_name(last)
    parts = [whole_name(folder) for folder in folders if folder not in (".", "..") and not folder.endswith(":")]
    found = [part for part in (*parts, shown if shown.strip(".") else "unnamed") if part]
    return "/".join(found if len(found) <= MAX_PARTS else [*found[: MAX_PARTS // 2], "…", *found[-MAX_PARTS // 2 :]])


def folders_of(path: str) -> tuple[str, ...]:
    """Return the folders of a clean path, the outermost first.

    >>> folders_of("birds/owl/1.jpg"), folders_of("1.jpg")
    (('birds', 'owl'), ())
    """
    return tuple(path.split("/")[:-1])


def tail_of(path: str, n_folders: int) -> str:
    """Name a file by the end of its clean path: its own name after this many folders.

    >>> tail_of("birds/owl/1.jpg", 0), tail_of("birds/owl/1.jpg", 1), tail_of("1.jpg", 3)
    ('1.jpg', 'owl/1.jpg', '1.jpg')
    """
    return "/".join(clean_name(part) for part in path.split("/")[-1 - n_folders :])


def tails_of(paths: Sequence[str]) -> list[str]:
    """Name the files of one source by as few of their folders as tell them apart.

    Args:
        paths: Clean ones.

    >>> tails_of(["pets/cats/1.jpg", "pets/dogs/1.jpg", "pets/2.jpg"])
    ['cats/1.jpg', 'dogs/1.jpg', '2.jpg']
    """
    n_folders, names = [0] * len(paths), [tail_of(path, 0) for path in paths]
    for _ in range(MAX_FOLDERS_IN_NAME):
        counts = Counter(names)
        alike = [row for row, name in enumerate(names) if counts[name] > 1 and n_folders[row] < paths[row].count("/")]
        for row in alike:
            n_folders[row] += 1
            names[row] = tail_of(paths[row], n_folders[row])
        if not alike:
            break
    return names


def label_of(raw: str) -> str | None:
    r"""Read the label from the folder that a file lies in; None when it lies in none.

    >>> label_of("birds/owl/1.jpg"), label_of("1.jpg"), label_of("C:\\owl\\1.jpg")
    ('owl', None, 'owl')
    """
    folders = folders_of(clean_path(raw))
    return folders[-1] if folders else None


def has_image_extension(raw: str) -> bool:
    """Return whether a file is named as an image.

    >>> has_image_extension("owl/1.JPG"), has_image_extension("read me.txt")
    (True, False)
    """
    return _extension(raw) in _IMAGE_EXTENSIONS


def is_system_file(raw: str) -> bool:
    """Return whether a system or a program put a file there, not a user.

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


def _extension(raw: str) -> str:
    return PurePosixPath(clean_name(raw)).suffix.lower().removeprefix(".")


def _decoded(undecoded: re.Match[str]) -> str:
    return bytes(ord(character) - 0xDC00 for character in undecoded[0]).decode("cp1252", "replace")


def _is_shown(character: str) -> bool:
    """Drop control, direction and surrogate characters. Signs that Python does not know yet stay: new emoji are such."""
    return character.isspace() or character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
