"""Bytes for the scripts of pages: who gets them, what a sheet of thumbnails holds, and how much memory they take."""

import asyncio
import io
from types import SimpleNamespace
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware

from pages._ui.shell import hosts, library
from pages._ui.shell.serving import handed

CONTENT = b"places of a map"


class Client:
    """Asks the routes behind the middleware, as a browser does."""

    def __init__(self):
        self.app = Starlette(routes=handed.ROUTES, middleware=[Middleware(hosts.OwnPagesOnly)])

    def get(self, path, query="", **headers):
        given = {"host": "localhost:8501"} | {name.lower(): value for name, value in headers.items()}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": quote(query, safe="=&,").encode(),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "server": ("localhost", 8501),
        }
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return SimpleNamespace(
            status_code=sent[0]["status"], headers=headers, content=b"".join(part.get("body", b"") for part in sent[1:])
        )


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setattr(handed, "_kept", handed._kept.__class__())
    return Client()


@pytest.fixture
def token():
    return library.new_token()


def listed(token, digests):
    return handed.put(token, b"".join(bytes.fromhex(digest) for digest in digests))


def test_bytes_come_back_as_they_were_and_may_be_kept_for_good(client, token):
    found = client.get(f"/data/{token}/{handed.put(token, CONTENT)}")
    assert (found.status_code, found.content) == (200, CONTENT)
    assert "immutable" in found.headers["cache-control"]
    assert found.headers["cache-control"].startswith("private")
    assert found.headers["x-content-type-options"] == "nosniff"


def test_a_page_is_a_stranger_to_the_app(client, token):
    found = client.get(f"/page/{token}/{handed.put(token, b'<!doctype html><head></head>')}")
    assert (found.status_code, found.content) == (200, b"<!doctype html><head></head>")
    assert found.headers["content-security-policy"] == "sandbox allow-scripts"  # without `allow-same-origin`
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert client.get(f"/page/{library.new_token()}/{'0' * 64}").status_code == 404


def test_the_token_of_another_workspace_opens_nothing(client, token):
    digest = handed.put(token, CONTENT)
    other = library.new_token()
    handed.put(other, b"something else")
    assert client.get(f"/data/{other}/{digest}").status_code == 404
    assert client.get(f"/data/{token}/{digest[:8]}").status_code == 404
    assert client.get(f"/data/{token[:8]}/{digest}").status_code == 404
    assert client.get(f"/data//{digest}").status_code == 404


def test_other_names_and_other_pages_are_refused(client, token):
    address = f"/data/{token}/{handed.put(token, CONTENT)}"
    assert client.get(address, Host="evil.example").status_code == 400
    assert client.get(address, Origin="http://evil.example").status_code == 403
    assert client.get(address, Origin="http://localhost:8501").status_code == 200


def test_a_sheet_holds_the_thumbnails_of_the_rows_in_their_order(client, shelve, make_png):
    token = shelve([(f"{number}.png", make_png(number)) for number in range(3)])
    records = library.open_workspace(token).images()
    digest = listed(token, records.digests)
    found = client.get(f"/sheet/{token}/{digest}", "rows=2,0")
    assert found.status_code == 200
    pixels = np.asarray(Image.open(io.BytesIO(found.content)).convert("RGB"), np.float64).reshape(2, 64, 64, 3)
    for tile, record in zip(pixels, (records[2], records[0]), strict=True):
        expected = np.asarray(Image.open(io.BytesIO(record.thumbnail())).convert("RGB"), np.float64)
        np.testing.assert_allclose(tile.mean(axis=(0, 1)), expected.mean(axis=(0, 1)), atol=6)


def test_a_picture_is_the_thumbnail_of_its_row(client, shelve, make_png):
    token = shelve([(f"{number}.png", make_png(number)) for number in range(3)])
    records = library.open_workspace(token).images()
    digest = listed(token, [*records.digests, "0" * 64])
    assert client.get(f"/picture/{token}/{digest}/1").content == records[1].thumbnail()
    for row in ("3", "4", "-1", "99999999999"):  # 3 is of no image here
        assert client.get(f"/picture/{token}/{digest}/{row}").status_code == 404
    assert client.get(f"/picture/{library.new_token()}/{digest}/1").status_code == 404


def test_thumbnails_of_another_workspace_are_not_drawn(client, shelve, make_png):
    theirs = shelve([("secret.png", make_png(7))])
    digests = library.open_workspace(theirs).images().digests
    mine = shelve([("mine.png", make_png(8))])
    assert client.get(f"/sheet/{mine}/{listed(theirs, digests)}", "rows=0").status_code == 404
    found = client.get(f"/sheet/{mine}/{listed(mine, digests)}", "rows=0")  # the digest alone does not lead there
    assert (
        np.ptp(np.asarray(Image.open(io.BytesIO(found.content)).convert("RGB"))[4:-4, 4:-4].reshape(-1, 3), 0).max()
        < 30
    )


@pytest.mark.parametrize(
    "rows", ["", "3", "-1", "0,3", "a", "0,,1", "1e3", "²", "0;1", ",".join(["0"] * 65), "9" * 400]
)
def test_rows_that_are_none_are_not_found(client, token, rows):
    digest = listed(token, ["0" * 64] * 3)
    assert client.get(f"/sheet/{token}/{digest}", f"rows={rows}").status_code == 404


def test_the_longest_unused_bytes_go_first(monkeypatch, token):
    monkeypatch.setattr(handed, "_kept", handed._kept.__class__())
    monkeypatch.setattr(handed, "MAX_BYTES", 250)
    first, second = handed.put(token, b"a" * 100), handed.put(token, b"b" * 100)
    assert handed.find(token, first) is not None
    third = handed.put(token, b"c" * 100)
    assert handed.find(token, second) is None
    assert handed.find(token, first) == b"a" * 100
    handed.put(token, b"d" * 1000)  # more than all may have is kept while it is the only one
    assert handed.find(token, third) is None
    assert len(handed._kept) == 1
