"""The map with a real mouse and real keys: wheel, pan, click, lasso, box, legend, pictures, 3-D, reload, link, 900 px.

Where points stand is computed here from the projection and from the view in the address, not asked of the script.
"""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from featx_core.base.palette import label_styles
from featx_core.maps.projection import project
from featx_core.workspace.workspace import Workspace
from pages._ui.shell.library import new_token
from tests.browser.steps import go, names_in, press, settled
from tests.toys.app.visiting import keep_run

pytestmark = pytest.mark.browser

N_CATS, N_DOGS = 24, 16
LABELS = ["cat"] * N_CATS + ["dog"] * N_DOGS + ["eel"]
COLORS = {"cat": (200, 40, 40), "dog": (40, 60, 210), "eel": (30, 160, 60)}


def features():
    """Two clusters far apart and one point between them, in six dimensions."""
    rng = np.random.default_rng(3)
    middles = np.array([[0.0] * 6] * N_CATS + [[9.0, 2.0, 0, 0, 0, 0]] * N_DOGS + [[4.5, 7.0, 0, 0, 0, 0]])
    return (5 + middles + rng.normal(size=middles.shape) * [1, 1, 1, 0.3, 0.2, 0.1]).astype(np.float32)


@pytest.fixture(scope="module")
def token(server, make_flat_png):
    made = new_token()
    folder = server.home / "workspaces"
    folder.mkdir(exist_ok=True)
    workspace = Workspace.open(folder / f"{made}.featx")
    workspace.add((f"{label}/{row}.png", make_flat_png(COLORS[label], row)) for row, label in enumerate(LABELS))
    keep_run(workspace, features())
    workspace.close()
    return made


@pytest.fixture(scope="module")
def make_flat_png():
    """Make an image of one colour, twice as wide as high, different from all others in one corner."""

    def make(color, number):
        image = Image.new("RGB", (96, 48), color)
        image.putpixel((0, 0), (number, number, number))
        out = io.BytesIO()
        image.save(out, "PNG")
        return out.getvalue()

    return make


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
            polling=400,
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
        scale = zoom * 0.88 * min(box["width"] / 2 / extent[0], box["height"] / 2 / extent[1])
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


CATS, DOGS, EEL = range(N_CATS), range(N_CATS, N_CATS + N_DOGS), N_CATS + N_DOGS


@pytest.fixture
def on_map(server, open_tab, token):
    def open_one(query="", **options):
        return Map(open_tab(f"{server.url}map?w={token}{query}", **options))

    return open_one


def test_wheel_zooms_at_the_pointer_and_drag_pans(on_map):
    chart = on_map()
    at = chart.places()[EEL]
    pixel = np.round(at)
    expect(chart.hover(at)).to_have_text(f"{EEL}.png")
    for _ in range(3):
        chart.page.mouse.wheel(0, -150)
    chart.rests()
    zoom = chart.view()[0]
    assert zoom == pytest.approx(np.exp(3 * 150 * 0.0018), rel=1e-4)
    at = pixel + (at - pixel) * zoom  # what is under the pointer stays
    np.testing.assert_allclose(chart.places()[EEL], at, atol=0.02)
    assert chart.page.evaluate("window.scrollY") == 0
    moved = np.array([90, -70])
    middle = np.array([chart.box["x"] + 60, chart.box["y"] + chart.box["height"] - 80])
    chart.drag([middle, middle + moved])
    chart.rests()
    np.testing.assert_allclose(chart.places()[EEL], at + moved, atol=0.02)
    expect(chart.hover(at + moved)).to_have_text(f"{EEL}.png")
    chart.key("f")
    chart.rests()
    assert chart.view() == [1, 0, 0]
    expect(chart.hover(chart.places()[EEL])).to_have_text(f"{EEL}.png")


def test_a_click_shows_the_image_with_its_true_neighbours(on_map):
    chart = on_map()
    chart.page.mouse.click(*chart.places()[EEL])
    chart.counts("1 image")
    vectors = features().astype(np.float64)
    cosines = vectors @ vectors[EEL] / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vectors[EEL])
    nearest = [row for row in np.argsort(-cosines) if row != EEL][:10]
    tiles = chart.page.locator(".st-key-neighbors .tile")
    expect(tiles).to_have_count(10)
    assert [tile.get_attribute("title") for tile in tiles.all()] == [f"{row}.png" for row in nearest]
    notes = [float(tile.locator(".note").inner_text()) for tile in tiles.all()]
    np.testing.assert_allclose(notes, 1 - cosines[nearest], atol=6e-4)
    tiles.nth(2).click()
    expect(chart.page.get_by_text(f"{nearest[2]}.png", exact=True).first).to_be_visible()
    expect(chart.root).to_have_attribute("data-chosen", "1")
    chart.key("Escape")
    chart.page.get_by_text("Click a point to look at its image").wait_for()
    settled(chart.page)
    assert chart.n_chosen == 0


def test_lasso_and_box_select_shift_adds_and_escape_clears(on_map):
    chart = on_map()
    page = chart.page
    chart.key("l")
    chart.drag(chart.around(DOGS))
    chart.counts(f"{N_DOGS} images")
    expect(page.locator(".st-key-selection_gallery .tile")).to_have_count(N_DOGS)
    assert names_in(page.locator(".st-key-selection_gallery")) == {f"{row}.png" for row in DOGS}
    expect(page.get_by_text(f"dog {N_DOGS}", exact=True)).to_be_visible()
    chart.key("b")
    corners = chart.around(CATS)
    chart.drag([corners[0], corners[2]], shift=True)
    chart.counts(f"{N_CATS + N_DOGS} images")
    page.keyboard.down("Shift")
    page.mouse.click(*chart.places()[EEL])
    page.keyboard.up("Shift")
    chart.counts(f"{len(LABELS)} images")
    page.mouse.move(*corners[0])
    page.mouse.down()
    page.mouse.move(*corners[2], steps=3)
    page.keyboard.press("Escape")  # gives the box up, and keeps what is selected
    page.mouse.up()
    assert chart.n_chosen == len(LABELS)
    chart.key("Escape")
    page.get_by_text("Click a point to look at its image").wait_for()


def test_the_legend_hides_and_isolates_and_hidden_points_are_not_selected(on_map):
    chart = on_map()
    page = chart.page
    everything = chart.around(range(len(LABELS)))
    page.locator(".class", has_text="cat").click()
    chart.key("b")
    chart.drag([everything[0], everything[2]])
    chart.counts(f"{N_DOGS + 1} images")
    page.locator(".class", has_text="dog").dblclick()
    chart.drag([everything[0], everything[2]])
    chart.counts(f"{N_DOGS} images")
    page.locator(".class", has_text="dog").dblclick()
    chart.drag([everything[0], everything[2]])
    chart.counts(f"{len(LABELS)} images")


def test_points_become_pictures_as_one_comes_near_or_at_once(on_map):
    chart = on_map()
    page = chart.page
    assert chart.root.get_attribute("data-pictures") == "0"
    chart.key("p")
    expect(chart.root).not_to_have_attribute("data-pictures", "0")
    chart.rests()
    check_color(page, chart.places()[EEL], COLORS["eel"])
    chart.key("p")
    expect(chart.root).to_have_attribute("data-pictures", "0")
    page.mouse.move(*chart.places()[DOGS[0]])
    for _ in range(5):
        page.mouse.wheel(0, -200)
    expect(chart.root).not_to_have_attribute("data-pictures", "0")
    chart.rests()
    assert chart.view()[0] > 2
    shown = int(chart.root.get_attribute("data-pictures"))
    inside = np.all(np.abs(chart.places() - middle_of(chart)) < half_of(chart), axis=1)
    assert 0 < shown <= inside.sum() + 4  # those at the border count too


def middle_of(chart):
    box = chart.box
    return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


def half_of(chart):
    return np.array([chart.box["width"] / 2, chart.box["height"] / 2])


def check_color(page, place, color):
    """Look at the screen a little beside a point, where its picture is and its dot is not."""
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), np.int16)
    np.testing.assert_allclose(pixels[int(place[1]), int(place[0]) + 16], color, atol=14)


def test_a_map_in_space_turns_and_is_selected_in(on_map):
    chart = on_map("&map=pca&axes=3")
    page = chart.page
    chart.key("l")
    box = chart.box
    left, top, right, bottom = box["x"] + 4, box["y"] + 60, box["x"] + box["width"] - 4, box["y"] + box["height"] - 4
    chart.drag([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])
    chart.counts(f"{len(LABELS)} images")
    chart.key("Escape")
    chart.key("m")
    middle = middle_of(chart)
    chart.drag([middle, middle + np.array([120, 30])])
    chart.rests()
    yaw, pitch = chart.view()[3:]
    assert yaw == pytest.approx(-0.6 + 120 * 0.008, abs=0.05)
    assert pitch == pytest.approx(0.42 + 30 * 0.008, abs=0.05)
    page.mouse.click(*spot(chart, EEL))
    chart.counts("1 image")
    expect(page.get_by_text(f"{EEL}.png", exact=True).first).to_be_visible()


def spot(chart, row):
    """Return where a point of the map in space stands: turned about the vertical, then tipped, nearer ones larger."""
    exact = project(features(), "pca", n_components=3).coordinates.astype(np.float64)
    low, high = exact.min(axis=0), exact.max(axis=0)
    x, y, z = ((exact - (low + high) / 2) / (np.max(high - low) / 2))[row]
    zoom, left, up, yaw, pitch = chart.view()
    across, back = np.cos(yaw) * x + np.sin(yaw) * z, -np.sin(yaw) * x + np.cos(yaw) * z
    over, near = np.cos(pitch) * y - np.sin(pitch) * back, np.sin(pitch) * y + np.cos(pitch) * back
    grown = 1 / (1 - 0.22 * near)
    scale = zoom * 0.72 * half_of(chart).min()
    return middle_of(chart) + scale * np.array([across * grown - left, up - over * grown])


def test_points_are_reached_and_opened_with_keys(on_map):
    chart = on_map()
    places = chart.places()
    chart.key("ArrowRight")  # the point nearest to the middle
    start = int(np.argmin(np.linalg.norm(places - middle_of(chart), axis=1)))
    card = chart.page.locator(".card .name")
    expect(card).to_have_text(f"{start}.png")
    chart.page.keyboard.press("ArrowLeft")
    away = places - places[start]
    ahead = np.where((-away[:, 0] > 0) & (np.abs(away[:, 1]) <= -away[:, 0]), np.linalg.norm(away, axis=1), np.inf)
    expected = int(np.argmin(ahead))
    expect(card).to_have_text(f"{expected}.png")
    expect(chart.page.locator(".map [aria-live]")).to_have_text(
        re.compile(rf"{expected}\.png, Label: {LABELS[expected]}")
    )
    chart.page.keyboard.press("Enter")
    chart.counts("1 image")
    expect(chart.page.get_by_text(f"{expected}.png", exact=True).first).to_be_visible()
    assert chart.over.evaluate("node => node.getRootNode().activeElement === node")
    name = chart.over.get_attribute("aria-label")
    assert name == f"PCA map of {len(LABELS)} images in 2 dimensions"


def test_reload_link_other_pages_and_other_axes_keep_what_is_selected_and_seen(on_map, open_tab):
    chart = on_map()
    page = chart.page
    chart.key("l")
    chart.drag(chart.around(DOGS))
    chart.counts(f"{N_DOGS} images")
    page.mouse.move(*chart.places()[EEL])
    page.mouse.wheel(0, -300)
    chart.rests()
    seen, address = chart.view(), page.url
    assert seen[0] > 1.5
    page.reload()
    again = Map(page)
    again.counts(f"{N_DOGS} images")
    assert again.view() == seen
    assert again.n_chosen == N_DOGS
    go(page, "Images")
    go(page, "Map")
    back = Map(page)
    back.counts(f"{N_DOGS} images")
    back.rests()
    expect(back.hover(again.places()[EEL])).to_have_text(f"{EEL}.png")
    page.get_by_text("3-D", exact=True).click()
    expect(back.over).to_have_attribute("aria-label", re.compile("3 dimensions"))
    back.counts(f"{N_DOGS} images")
    expect(back.root).to_have_attribute("data-chosen", str(N_DOGS))
    other = Map(open_tab(address))
    other.counts(f"{N_DOGS} images")
    assert other.view() == seen
    n_steps = page.evaluate("window.history.length")
    assert n_steps <= 5  # Back leads to the page before, not through all that was looked at


def test_on_a_narrow_screen_the_selection_is_in_view(on_map):
    chart = on_map()
    chart.page.set_viewport_size({"width": 900, "height": 900})
    chart.rests()
    chart.page.mouse.click(*chart.places()[EEL])
    chart.counts("1 image")
    place = chart.page.get_by_text("Selection: 1 image").bounding_box()
    assert place["y"] + 100 < 900
    box = chart.box
    assert box["width"] > 500
    assert chart.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_selected_images_are_labelled_and_stay_selected(server, open_tab, make_flat_png, shelve):
    token = shelve(
        server, [(f"{label}/{row}.png", make_flat_png(COLORS[label], row)) for row, label in enumerate(LABELS)]
    )
    workspace = Workspace.open(server.home / "workspaces" / f"{token}.featx")
    keep_run(workspace, features())
    workspace.close()
    chart = Map(open_tab(f"{server.url}map?w={token}"))
    page = chart.page
    chart.key("l")
    chart.drag(chart.around(DOGS))
    chart.counts(f"{N_DOGS} images")
    press(page, "Label them")
    field = page.get_by_label("Label for these images")
    field.fill("wolf")
    field.press("Enter")
    press(page, "Apply label")
    expect(page.locator(".class", has_text="wolf")).to_contain_text(str(N_DOGS))
    chart.counts(f"{N_DOGS} images")
    with page.expect_download() as download:
        press(page, "Download")
        page.get_by_role("button", name="List (.csv)").click()
    assert len(download.value.path().read_text("utf-8").splitlines()) == N_DOGS + 1


def test_the_map_is_saved_as_a_picture_in_twice_its_size(on_map):
    chart = on_map()
    with chart.page.expect_download() as download:
        chart.page.get_by_role("button", name="Save as a PNG").click()
    assert download.value.suggested_filename == f"PCA-map-of-{len(LABELS)}-images-in-2-dimensions.png"
    with Image.open(download.value.path()) as opened:
        pixels = np.asarray(opened.convert("RGB"), np.int16)
    box = chart.box
    assert pixels.shape[1] == pytest.approx(2 * box["width"], abs=2)
    assert pixels.shape[0] > 2 * box["height"]  # the legend stands below
    style = label_styles(LABELS)["eel"].color
    expected = [int(style[place : place + 2], 16) for place in (1, 3, 5)]
    column, row = np.round(2 * (chart.places()[EEL] - [box["x"], box["y"]])).astype(int)
    np.testing.assert_allclose(pixels[row, column], expected, atol=24)  # drawn at 92 %
    assert chart.root.get_attribute("data-state") == "drawn"


NO_WEBGL = """
const original = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind === "webgl2" ? null : original.call(this, kind, ...rest);
};
"""


def test_without_webgl_a_sentence_and_the_table_stand_in_its_place(server, open_tab, token):
    page = open_tab()
    page.add_init_script(NO_WEBGL)
    page.goto(f"{server.url}map?w={token}")
    page.get_by_text("This browser cannot draw the map: WebGL 2 is missing or switched off.").wait_for()
    page.locator(".st-key-map_points").get_by_test_id("stDataFrame").wait_for()
    settled(page)


def test_a_drawing_that_the_browser_lost_is_drawn_again(on_map):
    chart = on_map()
    page = chart.page
    page.locator(".surface").evaluate(
        "node => node.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()"
    )
    page.get_by_text("The browser has lost the drawing of this map.").wait_for()
    page.get_by_role("button", name="Draw it again").click()
    expect(page.get_by_text("The browser has lost the drawing of this map.")).to_be_hidden()
    settled(page)
    chart.rests()
    expect(chart.hover(chart.places()[EEL])).to_have_text(f"{EEL}.png")
