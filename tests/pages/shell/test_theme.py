"""Dark and light, as the page is told."""

from pages._ui.shell import session
from pages._ui.shell.serving import theme
from tests.toys.app.visiting import Visitor


def test_every_page_knows_what_it_was_drawn_for(visit, shelve, make_png, monkeypatch):
    visitor: Visitor = visit(shelve([("a.png", make_png(1))]))
    drawn = []
    monkeypatch.setattr(theme, "_theme", lambda *, data, **_: drawn.append(data["drawn"]))
    for is_dark in (False, True):
        monkeypatch.setattr(session, "is_dark", lambda is_dark=is_dark: is_dark)
        visitor.open("images")
    assert drawn == ["light", "dark"]
    assert visitor.has_no_fault
