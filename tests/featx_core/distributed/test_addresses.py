"""Images at addresses, wherever fsspec reaches: listed by a pattern, read one by one, named where they fail."""

import contextlib

import pytest

from featx_core.distributed.decoding import decode_chunk
from featx_core.distributed.listing import ListingError, list_images
from featx_core.distributed.plan import Chunk, Listed
from featx_core.distributed.ray_here import ClusterError
from tests.conftest import png
from tests.toys.web_folder import web_folder

fsspec = pytest.importorskip("fsspec", reason="addresses need fsspec, which comes with Ray")


@pytest.fixture(params=["memory", "http", pytest.param("s3", marks=pytest.mark.thorough)])
def address(request, tmp_path, monkeypatch):
    """The address of a folder with three images in two folders, one of them damaged."""
    contents = {"cat/1.png": png(1), "cat/2.png": png(2)[:100], "dog/1.png": png(3)}
    if request.param == "memory":
        files = fsspec.filesystem("memory")
        for name, content in contents.items():
            files.pipe(f"/photos/{name}", content)
        yield "memory://photos"
        files.rm("/photos", recursive=True)
        return
    if request.param == "s3":
        with bucket(monkeypatch) as files:
            for name, content in contents.items():
                files.pipe(f"photos/{name}", content)
            yield "s3://photos"
        return
    pytest.importorskip("aiohttp", reason="fsspec reads http with aiohttp")
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with web_folder(tmp_path) as found:
        yield found


@contextlib.contextmanager
def bucket(monkeypatch):
    """Serve a bucket called "photos" from this machine; gives the files of all buckets."""
    server = pytest.importorskip("moto.server", reason="a stand-in for S3: pip install 'moto[server]' s3fs")
    s3fs = pytest.importorskip("s3fs", reason="fsspec reads s3 with s3fs")
    served = server.ThreadedMotoServer(port=0, verbose=False)
    served.start()
    host, port = served.get_host_and_port()
    settings = {"ENDPOINT_URL": f"http://{host}:{port}", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}
    for name, text in {**settings, "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", text)
    try:
        files = s3fs.S3FileSystem()
        files.mkdir("photos")
        yield files
    finally:
        served.stop()


def test_images_at_an_address_are_listed_read_and_named(address):
    if not address.startswith("http"):
        images = tuple(list_images([f"{address}/*/*.png"]))
        assert images == tuple(list_images([address]))
        assert [image.label for image in images] == ["cat", "cat", "dog"]
        before = images[0].mark
        assert before
        fsspec.filesystem(address.partition(":")[0]).pipe("photos/cat/1.png", png(1))
        assert list_images([address])[0].mark != before
    else:
        images = tuple(list_images([f"{address}/{name}" for name in ("cat/1.png", "cat/2.png", "dog/1.png")]))
    gone = Listed(f"{address}/cat/9.png")
    decoded = decode_chunk(Chunk((*images, gone)), (16, 16), "crop")
    assert [image.name.rpartition(":")[2][-9:] for image in decoded.images] == ["cat/1.png", "dog/1.png"]
    assert [reason for _, reason in decoded.left_out] == ["the file ends early", "does not exist"]


def test_an_address_that_nothing_reaches_is_one_sentence():
    with pytest.raises(ClusterError, match="nothing://a cannot be reached"):
        list_images(["nothing://a"])
    with pytest.raises(ListingError, match="Nothing is at memory://none"):
        list_images(["memory://none/*.png"])
