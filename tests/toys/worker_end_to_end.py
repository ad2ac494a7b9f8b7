"""One way through the whole worker, with TensorFlow in it. Writes what it found; `test_worker.py` judges."""

import io
import json
import sys

import numpy as np
from PIL import Image

import featx_core as fx
from featx_core.heatmaps.feature_maps import FeatureMaps
from featx_core.heatmaps.overlay import Heatmap
from featx_core.maps.projection import Projection
from featx_core.worker import keys
from featx_core.worker.answers import outline_from_json
from featx_core.worker.supervisor import Supervisor
from featx_core.workspace.workspace import image_set_key

SPEC = fx.Pretrained(backbone="mobilenet_v2", weights="random", image_size=(64, 64))
HEATMAPS = ["activation_energy", "grad_cam"]
PATIENCE = 200


def picture(seed):
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (40, 48, 3), np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def main(path):
    workspace = fx.Workspace.open(path)
    workspace.add([(f"{seed}.png", picture(seed)) for seed in range(6)])
    supervisor = Supervisor()
    supervisor.start()

    def submit(task, **parameters):
        job = supervisor.submit(task, workspace_path=path, parameters=parameters, title=task, owner="test")
        return supervisor.wait(job.key, PATIENCE)

    def run(task, **parameters):
        job = submit(task, **parameters)
        if job.state != "done":
            raise SystemExit(str(job))
        return job.result

    try:
        facts = walk(workspace, supervisor, run)
        gone = submit("explain", spec=SPEC.to_json(), images=["gone.png"], names=HEATMAPS)
        facts["failed"] = gone.message
    finally:
        supervisor.stop()
    facts["modules"] = [name for name in sys.modules if name.split(".")[0] in ("tensorflow", "keras")]
    sys.stdout.write("RESULT " + json.dumps(facts))


def walk(workspace, supervisor, run):
    spec = SPEC.to_json()
    outline = outline_from_json(supervisor.ask("outline", {"spec": spec}, PATIENCE))
    first = run("extract", spec=spec, batch_size=2)
    again = run("extract", spec=spec, batch_size=3)
    features = fx.load_features(workspace, first["run_digest"])

    images = image_set_key(workspace.images())
    parameters = {"name": "pca", "n_components": 2, "seed": 0, "parameters": {}}
    run("project", run_digest=SPEC.digest, image_set_key=images, **parameters)
    projection_key = keys.projection_key(SPEC.digest, images, **parameters)
    projection = Projection.from_bytes(workspace.result(projection_key))

    run("explain", spec=spec, images=["0.png", "5.png"], names=HEATMAPS, layer=None, target=None)
    digests = [workspace.images()[i].digest for i in (0, 5)]
    stored = [workspace.result(keys.heatmap_key(SPEC.digest, d, n, None, None)) for d in digests for n in HEATMAPS]
    heatmaps = [Heatmap.from_bytes(content).values for content in stored]

    maps = run("feature_maps", spec=spec, image="0.png", layer="stage2")
    maps_key = keys.feature_maps_key(SPEC.digest, digests[0], "stage2")
    return {
        "spec_digest": SPEC.digest,
        "run_digest": first["run_digest"],
        "runs": [run.digest for run in workspace.ledger.runs()],
        "feature_shape": list(features.values.shape),
        "n_layers": len(outline.layers),
        "outline_layer": outline.layers[1].output_shape,
        "outline_shape": list(outline.feature_shape),
        "finite": bool(np.isfinite(features.values).all()),
        "spread": float(np.ptp(features.values, axis=0).max()),
        "computed": [first["details"]["n_computed"], again["details"]["n_computed"]],
        "coordinates": list(projection.coordinates.shape),
        "heatmaps": [[list(map_.shape), float(np.nanmin(map_)), float(np.nanmax(map_))] for map_ in heatmaps],
        "maps_key_matches": maps["key"] == maps_key,
        "n_channels": FeatureMaps.from_bytes(workspace.result(maps_key)).n_channels,
    }


if __name__ == "__main__":
    main(sys.argv[1])
