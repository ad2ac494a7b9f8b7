"""Thumbnails in a grid, and the drawer that opens when one is pressed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.base.palette import label_styles
from featx_core.base.wording import shortened
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.workspace.workspace import Workspace
from pages._ui.images import choice, seen_alone, similar
from pages._ui.images.choice import Choice
from pages._ui.shell import chosen, formatting, frame, session, undo, writing

SIZES = {"S": 96, "M": 150, "L": 230}  # pixels, the least height of the images in a row
LABEL_CHARACTERS = {"S": 11, "M": 18, "L": 30}  # that fit on a tile
_RATIOS = (0.62, 2.4)  # of width to height, beyond which an image is cropped on its tile
DRAWER_SIDE = 440  # pixels, the width of the image in the drawer
MIN_SIDE = 160
_HERE = Path(__file__).parent
_gallery = st.components.v2.component(
    "featx_gallery", css=(_HERE / "gallery.css").read_text("utf-8"), js=(_HERE / "gallery.js").read_text("utf-8")
)


def show(
    images: Sequence[ImageRecord],
    *,
    key: str,
    size: str = "M",
    labels: Sequence[str | None] = (),
    says: Sequence[str] = (),
    chosen: Choice | None = None,
) -> None:
    """Show thumbnails. Pressing one opens the drawer with the image and its facts.

    Args:
        images: What to show, all at once: page it before.
        key: The name of this gallery on the page.
        size: A key of `SIZES`.
        labels: All labels of the workspace, so that colours are the same everywhere.
        says: What a network calls each image, which then stands in place of its name.
        chosen: Where each image can be chosen besides, by a box on it.
    """
    data = {"items": _items(images, size, labels, says), "tile": SIZES[size], "opens": True}
    result = _draw(data, key, chosen)
    if result.opened:
        _drawer(result.opened)


def choose(images: Sequence[ImageRecord], chosen: Choice, *, key: str, labels: Sequence[str | None] = ()) -> None:
    """Show small thumbnails that are chosen by pressing them.

    Args:
        images: What to show, all at once: page it before.
        chosen: Keeps what is chosen.
        key: The name of this gallery on the page.
        labels: All labels of the workspace.
    """
    _draw({"items": _items(images, "S", labels), "tile": SIZES["S"], "opens": False}, key, chosen)


def _draw(data: dict[str, Any], key: str, chosen: Choice | None) -> Any:
    if chosen is None:
        return _gallery(data=data, key=key, on_opened_change=lambda: None)
    hear(key, chosen)
    data |= chosen.to_script()
    return _gallery(data=data, key=key, on_opened_change=lambda: None, on_chosen_change=lambda: None)


def hear(key: str, chosen: Choice) -> None:
    """Take over what was chosen in a gallery, before it is drawn again."""
    told = session.recall(key)
    chosen.read(told.get("chosen") if isinstance(told, Mapping) else None)


def pick(
    images: Sequence[ImageRecord], notes: Sequence[str], *, key: str, labels: Sequence[str | None] = ()
) -> str | None:
    """Show small thumbnails with a note each; give the name of the one that was just pressed, or None.

    Args:
        images: What to show.
        notes: A few characters for each.
        key: The name of this gallery on the page.
        labels: All labels of the workspace.
    """
    items = tuple(item | {"note": note} for item, note in zip(_items(images, "S", labels), notes, strict=True))
    result = _draw({"items": items, "tile": SIZES["S"], "opens": True}, key, None)
    return str(result.opened) if result.opened else None


def _items(
    images: Sequence[ImageRecord], size: str, labels: Sequence[str | None], says: Sequence[str] = ()
) -> tuple[dict[str, str], ...]:
    """Return what is told of each image. In a tuple: to look into a list, Streamlit imports pandas, which takes 0.25 s."""
    styles = label_styles(labels or [record.label for record in images])
    return tuple(
        {
            "name": record.name,
            "source": source(record),
            "label": shortened(record.label or "", LABEL_CHARACTERS[size]),
            "title": "\n".join([*([record.label] if record.label else []), record.path]),
            "color": styles[record.label].color if record.label in styles else "transparent",
            "note": formatting.short_note(record.notes),
            "says": words,
            "ratio": f"{min(max(record.width / record.height, _RATIOS[0]), _RATIOS[1]):.3f}",
        }
        for record, words in zip(images, says or [""] * len(images), strict=True)
    )


def source(record: ImageRecord) -> str:
    """Return the address of an image's thumbnail."""
    return session.thumbnails() + record.digest


def paged(images: ImageSet, *, key: str, page_size: int) -> ImageSet:
    """Show the page numbers under a gallery when it needs them; give the images of the page."""
    n_pages = max(1, -(-len(images) // page_size))
    if n_pages == 1:
        return images
    number = st.pagination(n_pages, key=key)
    return images[(number - 1) * page_size : number * page_size]


@st.dialog("Image", width="small", position="right")
def _drawer(name: str) -> None:
    workspace = session.workspace()
    found = workspace.images().named([name])
    if not found:
        st.caption("This image is no longer in the workspace.")
        return
    record = found[0]
    st.image(formatting.preview(record), width=max(min(record.width, DRAWER_SIDE), MIN_SIDE), alt=record.name)
    st.text(record.name)
    if record.path not in ("", record.name):
        st.caption(formatting.escape(record.path))
    facts = f"{record.width} x {record.height} pixels, {record.format}, brightness {record.brightness:.0f} of 100"
    st.caption(formatting.escape(facts))
    if reason := formatting.why_unread(record):
        st.warning(formatting.escape(reason), icon=":material/link_off:")
    for note in record.notes:
        st.caption(formatting.escape(note))
    seen_alone.show(record)
    if workspace.ledger.runs() and st.button(
        "See heatmaps", icon=":material/local_fire_department:", key=f"heatmaps_of_{record.digest}_{name}"
    ):
        choice.for_heatmaps().take([name])
        frame.open_page("heatmaps")
    label = st.text_input("Label", value=record.label or "", key=f"label_of_{record.digest}_{name}")
    if label.strip() != (record.label or ""):
        change(lambda: workspace.set_labels({name: label.strip() or None}))
    similar.show(record)
    if workspace.ledger.runs() and st.button("Select on the map", icon=":material/scatter_plot:", key="drawer_on_map"):
        chosen.choose([record.digest], by=f"drawer:{record.digest}")
        frame.open_page("map")
    if st.button("Remove from workspace", icon=":material/delete:", key=f"remove_{record.digest}_{name}"):
        change(lambda: remove(workspace, [name]))


def remove(workspace: Workspace, names: Sequence[str]) -> None:
    """Remove images by name, and offer to take that back."""
    n_images = formatting.counted(len(names), "image")
    undo.offer(workspace, workspace.removals.take_images(names), f"{n_images} {_was(len(names))} removed.")


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def change(alter: Callable[[], None]) -> None:
    """Change the workspace and draw the page again; say why where it cannot be changed."""
    if writing.try_to(alter):
        st.rerun()


def remove_all(images: ImageSet, place: DeltaGenerator, *, what: str, key: str) -> None:
    """Let the user remove images that a filter or a selection has left, "shown here" or the like."""
    words = formatting.counted(len(images), "image")
    with place.popover("Remove", icon=":material/delete:"):
        st.markdown(f"Remove the {words} {what}, with their features?")
        if st.button(f"Remove {words}", key=key):
            change(lambda: remove(session.workspace(), images.names))


def show_sources(attribution: str) -> None:
    """Say whom to thank for the images: in a line, or where there are several, in a list that opens."""
    lines = [formatting.escape(line) for line in attribution.split("\n")]
    if len(lines) == 1:
        st.caption(lines[0])
        return
    with st.expander("Sources of these images", icon=":material/copyright:", key="sources"):
        st.caption("\n".join(f"- {line}" for line in lines))
