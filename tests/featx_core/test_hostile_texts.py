"""What users call things is inert in everything that leaves featx: code, notebooks, pages, tables."""

import ast
import csv
import dataclasses
import io
import json
import zipfile
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import featx_core as fx
from featx_core.extraction.export import to_csv, to_orange, to_projector
from featx_core.recipes.writing import write_recipe
from tests.toys.entered_runs import enter_run, enter_table, filled_workspace

PLAIN = "plain"
PIECES = (
    '"""', "'''", "\\", "\n", "\r", "\t", "\u202e", "\u2028", "\x00", "-->", "]]>", "&lt;", "`c`", "$x$", "# h", "ü", ",", ";",
    "<img src=x onerror=alert(1)>", "'\"><svg/onload=alert(1)>", "</script><script>alert(1)</script>", "[a](javascript:b)",
    "![a](http://b)", "=cmd|' /C calc'!A0", "+1", "-1", "@x", "{0}", "%s", "\\N{DIGIT ONE}", "os.remove(1)", " ",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
EXAMPLES = settings(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Structure(HTMLParser):
    """Elements with the names of their attributes, and what scripts are told."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.scripts = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, tuple(name for name, _ in attributes)))

    def handle_data(self, text):
        if self.elements[-1:] == [("script", ("type",))]:
            self.scripts.append(text)


@pytest.fixture(scope="module")
def session():
    workspace = filled_workspace()
    enter_run(workspace, "mobilenet_v2")
    return workspace


def called(workspace, text):
    """Call a label, the run and the workspace by a text."""
    workspace.set_labels({name: text or PLAIN for name in workspace.images().names[::2]})
    workspace.title = text or PLAIN
    run = workspace.ledger.runs()[0]
    workspace.ledger.rename(run.digest, text)
    return fx.load_features(workspace, run.digest)


def page_of(workspace, text):
    called(workspace, text)
    return Structure(
        fx.report(workspace, title=text[:200], words=f"a {text} b", parts=("runs", "images", "map")).decode()
    )


@pytest.mark.slow
@EXAMPLES
@given(text=TEXTS)
def test_pages_have_the_elements_that_they_have_with_plain_names(session, text):
    hostile, plain = page_of(session, text), page_of(session, PLAIN)
    # the words of the user may hold line breaks and paragraphs of their own
    assert [each for each in hostile.elements if each[0] not in ("p", "br")] == [
        each for each in plain.elements if each[0] not in ("p", "br")
    ]
    assert hostile.scripts == plain.scripts


@pytest.fixture(scope="module")
def table():
    workspace = fx.Workspace.open(":memory:")
    return workspace, enter_table(workspace, ("a", "b"), ("cat", "dog"))


def recipe_of(table, text):
    workspace, run = table
    return write_recipe(dataclasses.replace(run, details={**run.details, "name": text[:200]}), workspace, None)


def marks(text):
    """Kinds of the elements of a Markdown text."""
    return [inner.type for token in MarkdownIt().parse(text) for inner in (token, *(token.children or ()))]


@EXAMPLES
@given(text=TEXTS)
def test_code_and_notebooks_are_those_of_plain_names(table, text):
    hostile, plain = recipe_of(table, text), recipe_of(table, PLAIN)
    trees = [ast.parse(each.script) for each in (hostile, plain)]
    assert ast.dump(ast.Module(trees[0].body[1:], [])) == ast.dump(ast.Module(trees[1].body[1:], []))
    cells, others = (json.loads(each.notebook)["cells"] for each in (hostile, plain))
    assert marks("".join(cells[0]["source"])) == marks("".join(others[0]["source"]))
    assert cells[1:] == others[1:]


def features_of(text):
    spec = fx.Pretrained("vgg16")
    names = (f"{text}.png", "b.png")
    return fx.Features(np.ones((2, 3), np.float32), names, (text, "cat"), ("0" * 64, "1" * 64), spec)


@EXAMPLES
@given(text=TEXTS)
def test_tables_have_their_rows_and_columns_and_no_formulas(text):
    features = features_of(text)
    for content, n_columns in ((to_csv(features), 5), (to_orange(features), 5)):
        rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
        assert [len(row) for row in rows] == [n_columns] * 3
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in rows[1][:2])
    with zipfile.ZipFile(io.BytesIO(to_projector(features))) as file:
        lines = file.read("metadata.tsv").decode().split("\n")
        assert [line.count("\t") for line in lines] == [1, 1, 1, 0]
        assert len(file.read("tensors.tsv").decode().split("\n")) == 3
