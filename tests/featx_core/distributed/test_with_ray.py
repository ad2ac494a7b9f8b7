"""Real Ray, two machines of one core each on this one: the features of everything else. Run by `pytest -m thorough`."""

import contextlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featx_core as fx
from featx_core.command.main import main
from featx_core.distributed import ray_here
from featx_core.tasks.requests import ExtractJob
from featx_core.worker import Supervisor
from tests.toys.part_examples import N_IMAGES, SPEC
from tests.toys.ray_runs import rows_of, run
from tests.toys.web_folder import web_folder

ray = pytest.importorskip("ray", reason='needs Ray: pip install "ray[data]==2.60.*"')
pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures("small_chunks")]


def of_the_command(photos, folder):
    """Digest to vector, by the plain command."""
    spec, output = folder / "spec.json", folder / "plain.parquet"
    spec.write_text(SPEC.to_json(), encoding="utf-8")
    assert main(["extract", str(photos), "--spec", str(spec), "-o", str(output)]) == 0
    table = fx.read_vectors(output)
    return dict(zip(table.digests, table.values, strict=True))


def of_the_app(photos, folder):
    """Digest to vector, by the worker of the app."""
    path, asked, supervisor = folder / "app.featx", ExtractJob(SPEC), Supervisor()
    supervisor.start()
    try:
        with contextlib.closing(fx.Workspace.open(path)) as workspace:
            workspace.add([photos])
            job = supervisor.submit(
                asked.task, workspace_path=str(path), parameters=asked.to_parameters(), title="", owner=""
            )
            assert supervisor.wait(job.key, 600).state == "done"
            features = fx.load_features(workspace, SPEC.digest)
            return dict(zip(features.digests, features.vectors, strict=True))
    finally:
        supervisor.stop()


def test_the_plain_command_the_app_and_ray_agree(many, cluster, tmp_path):
    found = run(many, tmp_path / "parts", cluster.address, n_actors=2)
    assert (found.n_images, found.n_computed, dict(found.left_out)) == (N_IMAGES, N_IMAGES, {})
    assert rows_of(tmp_path / "parts").keys() == {str(path) for path in many.iterdir()}
    table = fx.read_vectors(tmp_path / "parts")
    rows = dict(zip(table.digests, table.values, strict=True))
    for expected in (of_the_command(many, tmp_path), of_the_app(many, tmp_path)):
        assert rows.keys() == expected.keys()
        largest = max(np.abs(vector).max() for vector in expected.values())
        for digest, row in rows.items():
            np.testing.assert_allclose(row, expected[digest], rtol=0, atol=1e-5 * largest)
    again = run(many, tmp_path / "parts", cluster.address)
    assert (again.n_images, again.n_computed) == (N_IMAGES, 0)


def test_a_table_of_addresses_gives_the_features_of_the_files(many, cluster, tmp_path):
    pytest.importorskip("aiohttp", reason="fsspec reads http with aiohttp")
    names = sorted(path.name for path in many.iterdir())[:12]
    with web_folder(many) as address:
        addresses = [f"{address}/{name}" for name in (*names, "none.png")]
        pq.write_table(pa.table({"path": addresses}), tmp_path / "images.parquet")
        found = run([str(tmp_path / "images.parquet")], tmp_path / "far", cluster.address)
    assert dict(found.left_out) == {addresses[-1]: "does not exist"}
    run([str(many / name) for name in names], tmp_path / "near", cluster.address)
    near = {Path(path).name: row for path, row in rows_of(tmp_path / "near").items()}
    far = {path.rpartition("/")[2]: row for path, row in rows_of(tmp_path / "far").items()}
    assert far.keys() == near.keys() == set(names)
    for name, row in far.items():
        np.testing.assert_allclose(row, near[name], rtol=1e-4, atol=1e-5)


def test_a_dataset_of_ones_own_keeps_its_rows_and_columns(many, cluster, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with ray_here.connected(cluster.address):
        images = ray.data.read_binary_files([str(many), str(tmp_path / "bad.png")], include_paths=True)
        rows = fx.extract_dataset(images, SPEC, n_actors=1).take_all()
        pixels = ray.data.read_images(str(many / "000.png"), include_paths=True)
        (row,) = fx.extract_dataset(pixels, SPEC, column="image", n_actors=1).take_all()
    by_name = {Path(row["path"]).name: row for row in rows}
    assert len(by_name) == len(rows) == N_IMAGES + 1
    assert by_name["bad.png"]["features"] is None
    assert by_name["bad.png"]["reason"]
    assert by_name["000.png"]["reason"] is None
    np.testing.assert_allclose(row["features"], by_name["000.png"]["features"], rtol=1e-4, atol=1e-5)
    assert row["sha256"] is None
