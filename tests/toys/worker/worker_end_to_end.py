"""One way through the whole worker, with TensorFlow in it. Writes what it found; `test_process.py` judges."""

import io
import json
import sys

import numpy as np
from PIL import Image

import featx_core as fx
from featx_core.studies.feature_maps import FeatureMapsStudy
from featx_core.studies.heatmap import HeatmapStudy
from featx_core.studies.maps.map import MapStudy
from featx_core.tasks.encoding import outline_from_json
from featx_core.tasks.requests import ExtractJob, OutlineQuestion, StudyJob
from featx_core.worker.supervisor import Supervisor

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

    def submit(asked):
        parameters = asked.to_parameters()
        job = supervisor.submit(asked.task, workspace_path=path, parameters=parameters, title=asked.task, owner="test")
        return supervisor.wait(job.key, PATIENCE)

    def run(asked):
        job = submit(asked)
        if job.state != "done":
            raise SystemExit(str(job))
        return job.result

    try:
        facts = walk(workspace, supervisor, run)
        gone = submit(StudyJob(tuple(HeatmapStudy(SPEC, "0" * 64, name) for name in HEATMAPS)))
        facts["failed"] = gone.message
    finally:
        supervisor.stop()
    facts["modules"] = [name for name in sys.modules if name.split(".")[0] in ("tensorflow", "keras")]
    sys.stdout.write("RESULT " + json.dumps(facts))


def walk(workspace, supervisor, run):
    asked = OutlineQuestion(SPEC)
    outline = outline_from_json(supervisor.ask(asked.task, asked.to_parameters(), PATIENCE))
    first = run(ExtractJob(SPEC, batch_size=2))
    again = run(ExtractJob(SPEC, batch_size=3))
    features = fx.load_features(workspace, first["run_digest"])

    digests = [workspace.images()[i].digest for i in (0, 5)]
    a_map = MapStudy(SPEC.digest, "pca")
    heatmaps = tuple(HeatmapStudy(SPEC, digest, name) for digest in digests for name in HEATMAPS)
    maps = FeatureMapsStudy(SPEC, digests[0], "stage2")
    jobs = [StudyJob((a_map,)), StudyJob(heatmaps), StudyJob((maps,))]
    computed = [run(job)["n_computed"] for job in jobs]
    again_computed = [run(StudyJob(job.studies, ("asked again",)))["n_computed"] for job in jobs]
    drawn = [study.find(workspace).values for study in heatmaps]
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
        "coordinates": list(a_map.find(workspace).coordinates.shape),
        "heatmaps": [[list(map_.shape), float(np.nanmin(map_)), float(np.nanmax(map_))] for map_ in drawn],
        "studies_computed": [computed, again_computed],
        "n_channels": maps.find(workspace).n_channels,
    }


if __name__ == "__main__":
    main(sys.argv[1])
