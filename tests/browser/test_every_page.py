"""Every page: in both themes without a fault that axe-core finds, and without anything that jumps from step to step."""

import re
from pathlib import Path

import axe_playwright_python
import numpy as np
import pytest

from featx_core.specs.pretrained import Pretrained
from featx_core.workspace.workspace import Workspace
from tests.browser.steps import PAGES, go, settled
from tests.toys.app.visiting import keep_run

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
NOT_OURS = {
    # Streamlit gives the section around a drop zone both `role="presentation"` and a name; the button in it is named, too.
    "presentation-role-conflict": '[data-testid="stFileUploaderDropzone"]',
}
"""Rules that Streamlit's own markup breaks, each with the elements that do."""
RUNS = (Pretrained("efficientnet_lite0"), Pretrained("embedded_v1", weights="embedded"))


@pytest.fixture
def furnished(server, shelve, make_png):
    """A workspace with labelled images and two runs, whose vectors tell the labels apart."""
    names = [f"{label}/{number}.png" for label in ("cat", "dog") for number in range(8)]
    token = shelve(server, [(name, make_png(number)) for number, name in enumerate(names)])
    workspace = Workspace.open(server.home / "workspaces" / f"{token}.featx")
    rng = np.random.default_rng(0)
    for spec in RUNS:
        keep_run(workspace, rng.normal(size=(len(names), 6)) + np.repeat([[-2.0], [2.0]], 8, axis=0), spec)
    workspace.close()
    return token


def violations(page):
    """Return what axe-core finds fault with, but for `NOT_OURS`."""
    page.evaluate(AXE)
    found = page.evaluate(
        """async theirs => {
            const { violations } = await axe.run(document, { resultTypes: ["violations"] });
            const isOurs = (rule, node) => !(rule in theirs && document.querySelector(node.target[0])?.matches(theirs[rule]));
            return violations.flatMap(({ id, nodes }) =>
                nodes.filter((node) => isOurs(id, node)).map((node) => `${id}: ${node.html} ${node.failureSummary}`));
        }""",
        NOT_OURS,
    )
    return [f"{page.url.split('?')[0]}: {each}" for each in found]


MAX_SMALL_PRINT = 60  # words on a page, before what opens


def small_print(page):
    """Count the words of the captions that are seen without opening anything."""
    captions = page.get_by_test_id("stMain").get_by_test_id("stCaptionContainer").all()
    return sum(len(caption.inner_text().split()) for caption in captions if caption.is_visible())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault_with_any_page(server, open_tab, furnished, theme):
    page = open_tab(server.url, color_scheme=theme)
    page.get_by_role("heading", name="featx", level=1).wait_for()
    assert page.locator(".stApp").evaluate("app => getComputedStyle(app).colorScheme") == theme
    found = violations(settled(page))
    page.get_by_test_id("stPopoverButton").first.click()
    page.get_by_role("textbox", name="Workspace name").wait_for()
    found += violations(settled(page))
    page.goto(f"{server.url}?w={furnished}")
    page.locator(".tile").last.wait_for()
    n_words = {}
    for name in PAGES:
        found += violations(go(page, name))
        n_words[name] = small_print(page)
    assert "\n".join(found) == ""
    assert {name: number for name, number in n_words.items() if number > MAX_SMALL_PRINT} == {}
    assert max(n_words.values()) > 0


SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
        window.shifts.push(entry.value);
        window.moved = [...(window.moved ?? []), ...entry.sources.map(({ node, previousRect: a, currentRect: b }) =>
            `${entry.value.toFixed(3)} ${node?.className ?? node} ${Math.round(a.y)} > ${Math.round(b.y)}`)];
    }
}).observe({ type: "layout-shift", buffered: true });"""
A_WHILE = 700  # milliseconds
MAX_SHIFT = 0.1  # of the page a step, the limit of what Core Web Vitals call good
CONTROLS = re.compile(
    r"/js/(BidiComponent|Button|ButtonGroup|Checkbox|DataFrame|DownloadButton|FileUploader|IFrame|ImageList"
    r"|MenuButton|Multiselect|NumberInput|PageLink|PlotlyChart|Radio|Selectbox|Slider|TextArea|TextInput)\."
)
"""Scripts that Streamlit fetches when an element of their kind is first drawn."""
PICTURES = re.compile(r"/(media|thumbnail)/")
N_PICTURES = {
    "Heatmaps": 12
}  # three images, each beside three heatmaps, which the worker draws when they are asked for


def open_slowly(page, address, name):
    """Open a page, and let the scripts of controls come when all the rest is painted, and pictures after them.

    So they do on a slow machine; on a fast one, a place that is too small or too large before something comes would be
    seen in some runs alone.
    """
    scripts, pictures = hold(page, CONTROLS), hold(page, PICTURES)
    page.goto(address, wait_until="commit")
    page.get_by_role("heading", name=name, exact=True, level=1).wait_for()
    settled(page).evaluate(PAINTED)
    assert len(scripts) > 2
    let_go(page, CONTROLS, scripts)
    if name in N_PICTURES:
        page.get_by_test_id("stMain").locator("img").nth(N_PICTURES[name] - 1).wait_for(state="attached")
    settled(page).evaluate(PAINTED)
    let_go(page, PICTURES, pictures)
    settled(page).wait_for_load_state("networkidle")


PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def hold(page, pattern):
    """Hold back what a page asks for from now on."""
    held = []
    page.route(pattern, lambda route: held.append(route))
    return held


def let_go(page, pattern, held):
    while held:
        held.pop().continue_()
    page.unroute(pattern)


def test_nothing_jumps_when_one_goes_from_page_to_page(server, open_tab, furnished):
    page = open_tab(f"{server.url}?w={furnished}")
    page.locator(".tile").last.wait_for()
    settled(page)
    page.evaluate(SHIFTS)
    shifts = {"first": sum(page.evaluate("window.shifts.splice(0)"))}
    for name in (*PAGES[1:], *PAGES[:2]):
        settled(go(page, name))
        page.wait_for_load_state("networkidle")
        shifts[name] = sum(page.evaluate("window.shifts.splice(0)"))
    for view in ("Set up", "Result"):
        page.get_by_text(view, exact=True).click()
        settled(page)
        shifts[view] = sum(page.evaluate("window.shifts.splice(0)"))
    assert {step: shift for step, shift in shifts.items() if shift >= MAX_SHIFT} == {}
    assert page.evaluate("PerformanceObserver.supportedEntryTypes").count("layout-shift") == 1


def test_an_open_page_follows_the_theme_of_the_system_with_one_run(server, open_tab, furnished):
    page = open_tab(f"{server.url}?w={furnished}", color_scheme="light")
    asked = []  # for the page, each time it is drawn: the page itself may show two quick runs as one
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: asked.append(frame)))
    page.reload()
    page.locator(".tile").last.wait_for()
    settled(page).wait_for_timeout(A_WHILE)
    n_before = len(asked)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"document.body.innerHTML.includes('color-scheme: {scheme};')")
        settled(page)
    page.wait_for_timeout(A_WHILE)  # in which a page that asks without end would have been drawn again
    assert len(asked) - n_before == 2


IS_WHOLE = """() => {
    const main = document.querySelector('[data-testid="stMain"]');
    return main.scrollWidth === main.clientWidth;
}"""
FOCUS = """() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at === document.body ? "" : `${at.tagName} ${at.getAttribute("aria-label") ?? at.innerText}`;
}"""
MAX_STEPS = 250  # of the Tab key through a page


def test_each_page_opens_without_a_jump_and_is_whole_at_200_percent(server, open_tab, furnished):
    page = open_tab(server.url)
    page.add_init_script(SHIFTS)
    shifts, moved = {}, {}
    for name in PAGES[1:]:
        page.set_viewport_size({"width": 1440, "height": 900})
        open_slowly(page, f"{server.url}{name.lower()}?w={furnished}", name)
        shifts[name] = sum(page.evaluate("window.shifts.splice(0)"))
        moved[name] = page.evaluate("window.moved") if shifts[name] >= MAX_SHIFT else []
        page.set_viewport_size({"width": 720, "height": 450})  # what 1440 x 900 is at 200 %
        page.wait_for_function(IS_WHOLE, timeout=20_000)  # tables follow the window a moment later
        if name == "Map":
            steps = [page.keyboard.press("Tab") or page.evaluate(FOCUS) for _ in range(MAX_STEPS // 4)]
            assert any(step.startswith("CANVAS") for step in steps)
            assert any("Points as a table" in step for step in steps)  # the last thing on the page
    assert "\n".join(f"{name}: {each}" for name in moved for each in moved[name]) == ""


def test_labels_in_a_bar_stand_on_one_line(server, open_tab, furnished):
    page = open_tab(f"{server.url}map?w={furnished}")
    for label in ("Run", "Projection", "Axes", "Colour"):
        page.get_by_text(label, exact=True).first.wait_for()
    labels = settled(page).get_by_test_id("stMain").get_by_test_id("stWidgetLabel")
    assert len({round(label.bounding_box()["y"]) for label in labels.all() if label.is_visible()}) == 1
