"""A session as one page: an HTML file that asks nothing of any server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from featx_core.base.files.sealing import seal, unseal
from featx_core.offline import map_page
from featx_core.offline.markup import Section, paragraphs, text

if TYPE_CHECKING:
    from featx_core.workspace.workspace import Workspace

START = b"<!doctype html>"


@dataclass(frozen=True)
class Report:
    """The page.

    Attributes:
        content: The HTML file, UTF-8.
    """

    content: bytes

    def to_bytes(self) -> bytes:
        """Write it, with the seal of this machine: it holds a script."""
        return seal(self.content)

    @classmethod
    def from_bytes(cls, content: bytes) -> Report:
        """Read what `to_bytes` wrote.

        Raises:
            ValueError: If it is something else, or was written on another machine.
        """
        found = unseal(content)
        if not found.startswith(START):
            raise ValueError("These bytes are not a report. Make it again.")
        return cls(found)


def write_report(
    title: str,
    words: str,
    summary: str,
    sections: Sequence[Section],
    sheet: map_page.Sheet | None,
    workspace: Workspace,
) -> bytes:
    """Put a page together.

    Args:
        title: Its heading, a text of the user.
        words: What the user says of it; an empty line begins another paragraph.
        summary: What it is of, in one sentence.
        sections: Its parts.
        sheet: The map that moves, if one of the parts holds its place; None for none.
        workspace: Where the pictures of the map are.
    """
    style = (Path(__file__).with_name("report.css")).read_text("utf-8")
    script = map_page.stand_alone() if sheet is not None else ""
    scripts = ""
    if sheet is not None:
        told, _ = map_page.told_of(sheet, workspace)
        scripts = (
            f'<script type="application/json" id="told">{told}</script>\n<script type="module">{script}</script>\n'
        )
    links = "".join(f'<li><a href="#{section.name}">{text(section.title)}</a></li>' for section in sections)
    body = "\n".join(section.write() for section in sections)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{map_page.policy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<style>{map_page.style() if sheet is not None else ""}
{map_page.theme()}
{style}</style>
</head>
<body>
<header>
<h1>{text(title)}</h1>
<p class="quiet">{text(summary)}</p>
{paragraphs(words)}
<nav aria-label="Contents"><ul>{links}</ul></nav>
</header>
<main>
{body}
</main>
<footer><p class="quiet">Made with featx. This page holds everything that it shows and asks nothing of any server.</p></footer>
{scripts}</body>
</html>
""".encode()
