"""Texts of users where they stand in scripts and notebooks: plain, on one line, and never code or markup."""

from __future__ import annotations

import re

from featx_core.base.wording import shortened

MAX_CHARACTERS = 120
_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")
"""Punctuation, which Markdown shows as it is behind a backslash."""


def in_code(text: str) -> str:
    r"""Write a text so that it can stand in a comment or in a docstring.

    >>> in_code('a\n"b"'), in_code("tab\\x41")
    ("a 'b'", 'tab/x41')
    """
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return shortened(line.replace('"', "'").replace("\\", "/"), MAX_CHARACTERS)


def in_markdown(text: str) -> str:
    r"""Write a text so that a notebook shows it as it is.

    >>> print(in_markdown("<b>[x](y)"))
    \<b\>\[x\]\(y\)
    """
    return _MARKUP.sub(r"\\\1", in_code(text))
