"""Where the command finds the app."""

import pytest

from featx_core.command import app
from featx_core.command.outcome import CommandError


def test_it_is_that_of_the_checkout():
    assert app.folder_of_app() == app.ROOT


def test_that_of_an_installed_package_comes_first(tmp_path, monkeypatch):
    (tmp_path / "pages").mkdir()
    (tmp_path / "app.py").touch()
    monkeypatch.setattr(app, "INSTALLED", tmp_path)
    assert app.folder_of_app() == tmp_path


def test_without_it_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(app, "INSTALLED", tmp_path)
    monkeypatch.setattr(app, "ROOT", tmp_path)
    with pytest.raises(CommandError, match="The app is not installed here"):
        app.folder_of_app()
