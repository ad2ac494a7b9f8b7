"""Numbers as sentences show them, and text that is safe in a spreadsheet."""

_MEGABYTE = 1024**2
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def spaced(count: int) -> str:
    """Write a count with its thousands set apart.

    >>> spaced(1000)
    '1 000'
    """
    return f"{count:,}".replace(",", " ")


def counted(count: int, noun: str) -> str:
    """Write a count with its noun.

    >>> counted(1, "image"), counted(12, "file")
    ('1 image', '12 files')
    """
    return f"{spaced(count)} {noun}{'' if count == 1 else 's'}"


def too_large(n_bytes: int, limit: int) -> str:
    """Say that a file is too large.

    >>> too_large(26 * 1024**2, 25 * 1024**2)
    '26 MB; the limit is 25 MB'
    >>> too_large(25 * 1024**2 + 60_000, 25 * 1024**2)
    '25.06 MB; the limit is 25 MB'
    """
    shown = f"{n_bytes / _MEGABYTE:.0f}" if n_bytes >= limit + _MEGABYTE else f"{n_bytes / _MEGABYTE:.4g}"
    return f"{shown} MB; the limit is {limit // _MEGABYTE} MB"


def spreadsheet_safe(text: str | None) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    >>> spreadsheet_safe("=1+1"), spreadsheet_safe("cat.jpg"), spreadsheet_safe(None)
    ("'=1+1", 'cat.jpg', '')
    """
    if not text:
        return ""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
