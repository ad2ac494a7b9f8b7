import pytest

from featx_core.distributed import extraction
from tests.conftest import png
from tests.toys.part_examples import N_A_CHUNK, N_IMAGES


@pytest.fixture(scope="module")
def cluster():
    """Two machines of one core each. Needs Ray."""
    from tests.toys.ray_runs import cluster_of_two

    with cluster_of_two() as found:
        yield found


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A folder of `N_IMAGES` images."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(N_IMAGES):
        (folder / f"{number:03}.png").write_bytes(png(number, width=70, height=60))
    return folder


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(extraction, "images_per_chunk", lambda size, n_images: N_A_CHUNK)
