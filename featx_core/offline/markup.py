"""Pieces of HTML: tables, pictures, sections. Every text is written so that it is shown as it is."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

_QUALITY = 72


@dataclass(frozen=True)
class Section:
    """One part of a page.

    Attributes:
        name: Its anchor.
        title: Its heading.
        body: HTML.
    """

    name: str
    title: str
    body: str

    def write(self) -> str:
        """Write it with its heading."""
        heading = f'<h2 id="{self.name}-h">{text(self.title)}</h2>'
        return f'<section id="{self.name}" aria-labelledby="{self.name}-h">{heading}\n{self.body}\n</section>'


def text(words: object) -> str:
    """Write a text so that it is no markup; what turns the direction of writing is left out."""
    return html.escape("".join(each for each in str(words) if each.isprintable() or each == " "))


def paragraphs(words: str, kind: str = "") -> str:
    """Write a text of the user: an empty line begins another paragraph."""
    parts = [part for part in words.replace("\r", "").split("\n\n") if part.strip()]
    mark = f' class="{kind}"' if kind else ""
    return "\n".join(f"<p{mark}>{'<br>'.join(map(text, part.strip().splitlines()))}</p>" for part in parts)


def table(titles: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[int] = ()) -> str:
    """Write a table.

    Args:
        titles: Of the columns.
        rows: Of texts or numbers.
        numbers: The columns that stand to the right.
    """
    kind = [' class="number"' if place in numbers else "" for place in range(len(titles))]
    head = "".join(f'<th scope="col"{kind[place]}>{text(title)}</th>' for place, title in enumerate(titles))
    lines = "".join(
        f"<tr>{''.join(f'<td{kind[place]}>{text(cell)}</td>' for place, cell in enumerate(row))}</tr>\n" for row in rows
    )
    region = (
        f'class="scroll" tabindex="0" role="region" aria-label="Table of {len(titles)} columns from {text(titles[0])}"'
    )
    return f"<div {region}><table><thead><tr>{head}</tr></thead><tbody>\n{lines}</tbody></table></div>"


def pictures(shown: Iterable[tuple[bytes, str, str]], *, is_large: bool = False) -> str:
    """Write a grid of pictures.

    Args:
        shown: WebP, what it shows, and what is said under it.
        is_large: Whether few are in a row.
    """
    items = "".join(
        f'<li><figure><img src="{data_url(content)}" alt="{text(alt)}" decoding="async"><figcaption>{text(words)}</figcaption>'
        "</figure></li>\n"
        for content, alt, words in shown
    )
    return f'<ul class="pictures{" large" if is_large else ""}">\n{items}</ul>'


def data_url(content: bytes) -> str:
    """Write a WebP as an address that holds it."""
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}"


def webp(pixels: np.ndarray) -> bytes:
    """Write uint8 pixels `(height, width, 3)` as a WebP."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=_QUALITY, method=4)
    return out.getvalue()
