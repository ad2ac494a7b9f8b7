"""Where the command finds the app."""

import socket
import subprocess

import pytest

from featx_core.command import app
from featx_core.command.main import main
from featx_core.command.outcome import DONE, FAILED, CommandError


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


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_number_that_is_no_port_is_said(port, capfd):
    assert main(["app", "--port", str(port)]) == FAILED
    assert capfd.readouterr().err == f"featx: --port must be 1 to 65535. Received: {port}.\n"


def test_a_port_that_is_taken_is_said_with_the_way_on(capfd):
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["app", "--port", str(port), "--no-browser"]) == FAILED
    assert f"Port {port} is in use" in capfd.readouterr().err


def test_what_the_server_says_is_shown_and_ctrl_c_is_its_usual_end(tmp_path, monkeypatch, capfd):
    """The log of the server has what its pages leave out."""
    (tmp_path / "streamlit.py").write_text("import sys\nprint('ref ABCD', file=sys.stderr)\n", encoding="utf-8")
    monkeypatch.setattr(app, "folder_of_app", lambda: tmp_path)
    monkeypatch.setattr(app, "check_port", lambda port: None)
    assert main(["app", "--no-browser"]) == DONE
    assert "ref ABCD" in capfd.readouterr().err
    (tmp_path / "streamlit.py").write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    waits = iter([KeyboardInterrupt])
    wait = subprocess.Popen.wait

    def interrupted(server, timeout=None):
        for error in waits:
            server.terminate()
            raise error
        return wait(server, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    assert main(["app", "--no-browser"]) == DONE
    assert capfd.readouterr().err == ""
