"""What no page may show: traces of the program, paths of the machine, names that act as Markdown or HTML."""

import re

import numpy as np
import pytest
from streamlit.typing import PlotlyState

from featx_core.images.samples import SAMPLES
from pages._ui.shell import library
from pages._ui.shell.frame import PAGES
from tests.toys.app.visiting import SPEC, keep_run, nodes

MACHINE = re.compile(
    r"Traceback|site-packages|featx_core/|File \"|(?<![\w.])/(?:tmp|root|home|work|usr|var|etc)/|[A-Z]:\\\\"
)
HOSTILE = (
    "![x](evil.png)",
    "[x](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "$$x^2$$",
    ":material/home: :red[x]",
    "**bold** `code` # head",
    "<script>alert(1)<script>",
    "| a | b |",
)
NAMES = [name for name, _, _ in PAGES]
PLAIN = {"Selectbox", "Multiselect", "Dataframe", "Image", "UnknownElement", "TextInput", "Text"}


def rendered_as_markdown(visitor):
    """Return every text that the browser reads as Markdown: all texts but those of elements that show them plainly."""
    found = []
    for node in nodes(visitor.tab._tree):
        if type(node).__name__ in PLAIN or not hasattr(getattr(node, "proto", None), "DESCRIPTOR"):
            continue
        for field in ("body", "label", "text", "help", "caption", "value"):
            text = getattr(node.proto, field, None)
            if isinstance(text, str):
                found.append(text)
        popover = getattr(node.proto, "popover", None)
        found += [popover.label] if popover is not None and hasattr(popover, "label") else []
    return found


def fill(token, n_features=5):
    workspace = library.open_workspace(token)
    keep_run(workspace, np.random.default_rng(0).normal(size=(len(workspace.images()), n_features)))
    return workspace


@pytest.mark.parametrize("view", ["Set up", "Result"])
@pytest.mark.parametrize("name", NAMES)
def test_no_page_shows_paths_or_traces(visit, shelve, make_png, worker, name, view):
    worker.holds = True
    token = shelve([(f"cat/{number}.png", make_png(number)) for number in range(3)] + [("bad.png", b"bad")])
    fill(token)
    visitor = visit(token)
    visitor.tab.session_state["extract_view"] = view
    visitor.open(name)
    assert visitor.has_no_fault
    assert MACHINE.findall(visitor.words) == []


def test_what_nobody_expected_is_one_sentence_with_a_reference(monkeypatch, caplog):
    from pages._ui.shell.serving import server

    said = []
    monkeypatch.setattr(server.st, "error", lambda text, **options: said.append(text))
    assert server.report(RuntimeError("secret in /root/somewhere")) is True
    (sentence,) = said
    reference = re.search(r"\(ref (\w{4})\)", sentence).group(1)
    assert "secret" not in sentence
    assert "/root" not in sentence
    assert f"ref {reference}: RuntimeError" in caplog.text


@pytest.mark.parametrize("view", ["Set up", "Result"])
@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_and_labels_are_text_everywhere(visit, shelve, make_png, worker, name, view):
    worker.holds = True
    token = shelve([(f"{number}.png", make_png(number)) for number in range(len(HOSTILE))])
    workspace = library.open_workspace(token)
    with workspace._store.transaction() as connection:  # as in a file that a stranger made
        for number, hostile in enumerate(HOSTILE):
            connection.execute(
                "UPDATE images SET name = ?, label = ? WHERE name = ?", (hostile, hostile, f"{number}.png")
            )
            connection.execute("UPDATE images SET format = ?, notes = ?", ("![f](evil.png)", '["![n](evil.png)"]'))
    workspace.title = HOSTILE[0]
    workspace.set_fact("attribution", HOSTILE[1])
    fill(token)
    details = {"batch_size": HOSTILE[3], "engine": HOSTILE[4], "skipped": [(name, name) for name in HOSTILE[:5]]}
    workspace.ledger.save(SPEC, details | {"notes": list(HOSTILE)})
    report = workspace.last_intake()
    report.skipped.extend((hostile, "not an image") for hostile in HOSTILE[:3])
    workspace.set_fact("intake", report.to_json())
    visitor = visit(token)
    visitor.tab.session_state["extract_view"] = view
    visitor.tab.session_state["maps"] = True
    points = [{"customdata": row} for row in range(len(HOSTILE))]
    visitor.tab.session_state[f"map_{SPEC.digest[:8]}_pca_2_label_False"] = PlotlyState(
        {"selection": {"points": points}}
    )
    visitor.open(name)
    assert visitor.has_no_fault
    texts = rendered_as_markdown(visitor)
    assert len(texts) > 5
    for hostile in (*HOSTILE, "![f](evil.png)", "![n](evil.png)"):
        assert [text for text in texts if hostile in text] == []


def test_hostile_titles_of_workspaces_are_text_in_the_list_of_recent_ones(visit, shelve, make_png):
    other = shelve([("a.png", make_png())])
    library.open_workspace(other).title = HOSTILE[0]
    visitor = visit()
    assert "evil" in visitor.words
    assert [text for text in rendered_as_markdown(visitor) if HOSTILE[0] in text] == []


def test_uploaded_hostile_names_come_out_as_text(visit, make_png):
    visitor = visit()
    files = [(f"{hostile}.png", make_png(number), "image/png") for number, hostile in enumerate(HOSTILE)]
    visitor.tab.file_uploader[0].set_value([*files, (f"{HOSTILE[2]}.txt", b"bad", "text/plain")])
    visitor.until(lambda visitor: visitor.workspace.last_intake() is not None)
    visitor.run()
    assert "onerror" in visitor.words
    for hostile in HOSTILE:
        assert [text for text in rendered_as_markdown(visitor) if hostile in text] == []


def test_the_attribution_of_the_photographs_is_shown(visit, shelve):
    sample = SAMPLES["photographs"]
    token = shelve(list(sample.make())[:2])
    library.open_workspace(token).set_fact("attribution", sample.attribution)
    words = visit(token).words.replace("\\", "")
    assert all(credit in words for credit in sample.attribution.split("\n"))
