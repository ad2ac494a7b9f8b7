"""Who is answered: names that the server was told to serve, and its own pages. The really started server: `tests/browser`."""

import asyncio

import pytest

from pages._ui.shell import hosts
from pages._ui.shell.hosts import OwnPagesOnly, Place, is_own_origin, is_served

PORT = 8501


@pytest.fixture
def told(monkeypatch):
    """Tell the server where to listen, and which names to serve."""

    def tell(address="localhost", names=(), origins=(), browser="localhost"):
        options = {
            "server.address": address,
            "server.allowedHosts": list(names),
            "server.corsAllowedOrigins": list(origins),
            "browser.serverAddress": browser,
        }
        monkeypatch.setattr(hosts.st, "get_option", options.__getitem__)

    tell()
    return tell


def serves(text, port=PORT):
    host = Place.of(text, "http")
    return host is not None and is_served(host, port)


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LocalHost:8501"])
def test_the_names_of_this_machine_are_served(told, host):
    assert serves(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "localhost.evil.example:8501",
        "localhost",
        "localhost:8502",
        "127.0.0.1:80",
        "192.168.1.5:8501",
        "127.0.0.2:8501",
        "0.0.0.0:8501",
        "localhost:port",
        "localhost:99999",
        "localhost:8501@evil.example",
        "user@localhost:8501",
        "localhost:8501/path",
        "localhost:8501?a",
        "[::1",
        "",
        " ",
    ],
)
def test_no_other_name_is_served(told, host):
    assert not serves(host)


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("ws", 80), ("https", 443), ("wss", 443)])
def test_a_name_without_a_port_means_that_of_its_scheme(told, scheme, port):
    assert is_served(Place.of("localhost", scheme), port)
    assert not is_served(Place.of("localhost", scheme), PORT)


def test_no_port_is_asked_for_where_the_server_has_none(told):
    assert serves("localhost", port=None)


def test_names_that_the_configuration_gives_are_served_at_any_port(told):
    told("10.0.0.7", names=["app.example.org", "*.example.com", "[fd00::1]"], browser="front.example.org")
    for host in ("10.0.0.7:8501", "app.example.org", "a.example.com:444", "front.example.org", "[fd00::1]:1"):
        assert serves(host)
    for host in ("example.com", "evil-example.com", "10.0.0.8:8501", "b.app.example.org"):
        assert not serves(host)
    told(names=["*"])
    assert serves("anything.example")


@pytest.mark.parametrize("address", ["", None, "0.0.0.0", "::"])
def test_where_everybody_may_come_numbers_and_the_machines_name_are_served_and_no_other_name(
    told, address, monkeypatch
):
    monkeypatch.setattr(hosts.socket, "gethostname", lambda: "Lab-7")
    told(address)
    for host in ("192.168.1.5:8501", "[fe80::1]:80", "lab-7:8501", "lab-7.local:8501", "localhost:8501"):
        assert serves(host)
    for host in ("evil.example:8501", "lab-8:8501", "localhost:8502"):
        assert not serves(host)


def own(origin, host="localhost:8501"):
    return is_own_origin(origin, Place.of(host, "http"), PORT)


def test_own_pages_are_those_of_the_address_that_is_asked_and_of_the_names_of_this_machine(told):
    for origin in ("http://localhost:8501", "http://127.0.0.1:8501", "http://[::1]:8501", "https://localhost:8501"):
        assert own(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "chrome-extension://localhost:8501",
        "",
        "http://localhost",
        "http://localhost:3000",
        "http://evil.example",
        "http://evil.example:8501",
        "localhost:8501",
        "file://",
        "chrome-extension://abc",
        "http://localhost:8501/path",
        "http://localhost:8501@evil.example",
    ],
)
def test_other_pages_are_not_own(told, origin):
    assert not own(origin)


def test_a_page_of_another_machine_is_not_own_though_its_address_is_a_number(told):
    told("0.0.0.0")
    assert own("http://192.168.1.5:8501", host="192.168.1.5:8501")
    assert not own("http://192.168.1.6:8501", host="192.168.1.5:8501")
    assert not own("http://192.168.1.5:9000", host="192.168.1.5:8501")


def test_an_origin_that_the_configuration_names_is_own(told):
    told(origins=["https://front.example.org"])
    assert own("https://front.example.org")
    assert not own("http://front.example.org")


def asked(kind="http", **headers):
    """Ask the app behind the guard; gives the status of the answer, and the headers that the app saw, or None."""
    seen, sent = [], []

    async def app(scope, receive, send):
        seen.append(dict(scope["headers"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, values in headers.items() for value in values.split("|")]
    scope = {"type": kind, "scheme": {"http": "http", "websocket": "ws"}[kind], "server": ("127.0.0.1", PORT)}
    asyncio.run(OwnPagesOnly(app)({**scope, "headers": pairs, "extensions": {}}, None, send))
    status = sent[0].get("status") or {"websocket.close": 403}[sent[0]["type"]]
    return status, seen[0] if seen else None


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_guard_lets_own_pages_in_and_nobody_else(told, kind):
    refused = 400 if kind == "http" else 403
    assert asked(kind, host="localhost:8501")[0] == 200
    assert asked(kind, host="localhost:8501", origin="http://localhost:8501")[0] == 200
    assert asked(kind, host="evil.example:8501", origin="http://evil.example:8501") == (refused, None)
    assert asked(kind, host="localhost:8501", origin="http://localhost:3000") == (403, None)
    assert asked(kind, host="localhost:8501", origin="http://localhost:8501|http://evil.example") == (403, None)
    assert asked(kind, host="localhost:8501|evil.example") == (refused, None)
    assert asked(kind) == (refused, None)


def test_streamlit_is_told_that_the_page_is_one_of_the_address_that_it_asks(told):
    _, seen = asked("websocket", host="127.0.0.1:8501", origin="http://[::1]:8501")
    assert seen == {b"host": b"127.0.0.1:8501", b"origin": b"http://127.0.0.1:8501"}
    _, seen = asked("http", host="127.0.0.1:8501", origin="http://[::1]:8501")
    assert seen[b"origin"] == b"http://[::1]:8501"


def test_the_start_of_the_server_passes(told):
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    asyncio.run(OwnPagesOnly(app)({"type": "lifespan"}, None, None))
    assert seen == ["lifespan"]
