"""The map in a tab, and a workspace whose map is known.

Where points stand is computed here from the projection and from the view in the address, not asked of the script.
"""

import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from featx_core.maps.projection import project
from tests.browser.steps import settled

N_CATS, N_DOGS = 24, 16
LABELS = ["cat"] * N_CATS + ["dog"] * N_DOGS + ["eel"]
COLORS = {"cat": (200, 40, 40), "dog": (40, 60, 210), "eel": (30, 160, 60)}
CATS, DOGS, EEL = range(N_CATS), range(N_CATS, N_CATS + N_DOGS), N_CATS + N_DOGS


def features():
    """Two clusters far apart and one point between them, in six dimensions."""
    rng = np.random.default_rng(3)
    middles = np.array([[0.0] * 6] * N_CATS + [[9.0, 2.0, 0, 0, 0, 0]] * N_DOGS + [[4.5, 7.0, 0, 0, 0, 0]])
    return (5 + middles + rng.normal(size=middles.shape) * [1, 1, 1, 0.3, 0.2, 0.1]).astype(np.float32)


def flat_png(color, number):
    """Make an image of one colour, twice as wide as high, different from all others in one corner."""
    image = Image.new("RGB", (96, 48), color)
    image.putpixel((0, 0), (number, number, number))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def pictures():
    return [(f"{label}/{row}.png", flat_png(COLORS[label], row)) for row, label in enumerate(LABELS)]


class Map:
    """The map in a tab."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".map")
        self.over = page.locator(".over")
        page.locator('.map[data-state="drawn"][data-frames]').wait_for()
        settled(page)
        self.rests()

    def rests(self):
        """Wait until nothing moves any more."""
        self.page.wait_for_function(
            """() => {
              const shadows = [...document.querySelectorAll('*')].map(node => node.shadowRoot).filter(Boolean);
              const root = shadows.map(shadow => shadow.querySelector('.map')).find(Boolean);
              const now = root.dataset.frames, is = window.framesBefore === now;
              window.framesBefore = now;
              return is;
            }""",
            polling=250,
        )

    @property
    def box(self):
        return self.over.bounding_box()

    def view(self):
        """Return zoom, x and y, as the address says."""
        found = re.search(r"view=[0-9a-f]{8}\.([^&]+)", self.page.url)
        return [float(part) for part in found.group(1).split("_")] if found else [1.0, 0.0, 0.0]

    def places(self):
        """Return where each point of the flat map stands in the window."""
        exact = project(features(), "pca").coordinates.astype(np.float64)
        low, high = exact.min(axis=0), exact.max(axis=0)
        unit = np.max(high - low) / 2
        points, extent = (exact - (low + high) / 2) / unit, (high - low) / 2 / unit
        box = self.box
        zoom, x, y = self.view()[:3]
        inner = [max(box[side] - 104, box[side] / 2) for side in ("width", "height")]  # pixels without the margins
        scale = zoom * min(inner[0] / 2 / extent[0], inner[1] / 2 / extent[1])
        across = box["x"] + box["width"] / 2 + (points[:, 0] - x) * scale
        return np.column_stack([across, box["y"] + box["height"] / 2 - (points[:, 1] - y) * scale])

    def hover(self, place):
        place = np.round(place)  # as a mouse does
        self.page.mouse.move(*place)
        return self.page.locator(".card .name")

    def key(self, name):
        self.over.focus()
        self.page.keyboard.press(name)

    def drag(self, corners, shift=False):
        if shift:
            self.page.keyboard.down("Shift")
        self.page.mouse.move(*corners[0])
        self.page.mouse.down()
        for corner in corners[1:]:
            self.page.mouse.move(*corner, steps=4)
        self.page.mouse.up()
        if shift:
            self.page.keyboard.up("Shift")

    def around(self, rows, room=14):
        """Return the corners of a box around some points."""
        chosen = self.places()[list(rows)]
        (left, top), (right, bottom) = chosen.min(axis=0) - room, chosen.max(axis=0) + room
        return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]

    def counts(self, words):
        expect(self.page.get_by_text(re.compile(f"^Selection: {words}$"))).to_be_visible()

    @property
    def n_chosen(self):
        return int(self.root.get_attribute("data-chosen"))


def middle_of(chart):
    box = chart.box
    return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


def half_of(chart):
    return np.array([chart.box["width"] / 2, chart.box["height"] / 2])
