"""Wording: numbers and lists in sentences, shortened texts, and text that is safe in a spreadsheet."""

import re
from collections.abc import Sequence

_MEGABYTE = 1024**2
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


def spaced(count: int) -> str:
    """Write a count with its thousands separated.

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


def shortened(text: str, limit: int) -> str:
    """Shorten a text in its middle: names that begin alike often differ at their end.

    >>> shortened("Passerellidae_Zonotrichia_albicollis", 20), shortened("owl", 20)
    ('Passerell…albicollis', 'owl')
    """
    if len(text) <= limit:
        return text
    n_end = limit // 2
    return f"{text[: limit - n_end - 1]}…{text[len(text) - n_end :]}"


def quoted(names: Sequence[str], *, n_named: int = 3, limit: int = 40) -> str:
    """List names in a sentence, the first few of them.

    >>> quoted(["cat", "dog"]), quoted(["cat", "dog", "owl", "jay"], n_named=2)
    ('"cat" and "dog"', '"cat", "dog" and 2 more')
    """
    shown = [f'"{shortened(name, limit)}"' for name in names[:n_named]]
    if len(names) > n_named:
        shown.append(f"{spaced(len(names) - n_named)} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def score_words(score: float) -> str:
    """Write a score between 0 and 1 with two digits, and never as certainty.

    >>> [score_words(score) for score in (0.7129, 0.9991, 0.0004)]
    ['0.71', 'over 0.99', 'under 0.01']
    """
    if score >= 0.995:
        return "over 0.99"
    return f"{score:.2f}" if score >= 0.005 else "under 0.01"


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
    r"""Put an apostrophe before a text that a spreadsheet would run as a formula, and the text on one line.

    >>> spreadsheet_safe("=1+1"), spreadsheet_safe("cat.jpg"), spreadsheet_safe(None)
    ("'=1+1", 'cat.jpg', '')
    >>> len(spreadsheet_safe("\uff1d1")), spreadsheet_safe("\r=1"), spreadsheet_safe("owl\n=1")
    (3, "'=1", 'owl =1')
    """
    if not text:
        return ""
    line = " ".join(text.splitlines()).strip() if _BREAKS.search(text) else text
    return f"'{line}" if line.startswith(_FORMULA_STARTS) else line
