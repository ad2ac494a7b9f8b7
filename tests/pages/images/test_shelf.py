"""The shelf of workspaces: what it tells of those that were used last."""

from pages._ui.shell import library


def entry(token):
    return next(found for found in library.recent() if found.token == token)


def test_a_recent_workspace_is_read_again_when_it_changed_and_only_then(shelve, make_png, monkeypatch):
    token = shelve([("a.png", make_png())])
    assert (entry(token).n_images, entry(token).title) == (1, "Untitled")
    workspace = library.open_workspace(token)
    workspace.title = "Trip"
    workspace.add([("b.png", make_png(1))])
    assert (entry(token).n_images, entry(token).title) == (2, "Trip")
    monkeypatch.setattr(library, "glance", lambda path: 1 / 0)
    assert entry(token).title == "Trip"
