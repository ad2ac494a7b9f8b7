"""Clusters as a study: those of the core."""

import featx_core as fx
from featx_core.curation.clusters import find_clusters
from featx_core.studies.clusters import ClustersStudy
from tests.toys.entered_runs import enter_run, filled_workspace
from tests.toys.studying import done


def test_it_gives_what_the_core_gives():
    workspace = filled_workspace()
    run = enter_run(workspace, "mobilenet_v2")
    features = fx.load_features(workspace, run)
    found = done(workspace, ClustersStudy(run, "k_means", n_clusters=2))
    assert found == find_clusters(features.vectors, features.digests, method="k_means", n_clusters=2)
