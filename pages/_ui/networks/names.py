"""Names of images on the pages: which network gives them, fetched where that takes a second, offered where it takes longer."""

from collections.abc import Sequence

import streamlit as st

from featx_core.backbones.registry import BACKBONES
from featx_core.predictions.classifiers import classifier_of, classifiers_here, has_classifier, is_classifier_here
from featx_core.predictions.predict import needs_network
from featx_core.predictions.predictions import Predictions
from featx_core.specs.pretrained import Pretrained
from featx_core.specs.spec import Spec
from featx_core.studies.predictions import PredictionsStudy
from featx_core.worker.jobs import Job
from pages._ui.shell import formatting, jobs, session


def kept(spec: Spec) -> Predictions | None:
    """Return the names that a spec's network gives, where they are kept; None otherwise. Computes nothing."""
    if not has_classifier(spec):
        return None
    workspace, study = session.workspace(), PredictionsStudy(spec)
    key = workspace.once(study, lambda: study.key(workspace))
    found = _read(session.token(), key, study)
    if found is None:
        _read.clear(session.token(), key, study)
    return found


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(_token: str, key: str, _study: PredictionsStudy) -> Predictions | None:
    return _study.find_under(key, session.workspace())


def fetch(spec: Spec) -> tuple[Predictions | None, Job | None]:
    """Return the names that a spec's network gives, or the job that finds them.

    A job is begun by itself only where no network has to run, because features that lead to the names are kept.
    """
    found = kept(spec)
    if found is not None or not is_classifier_here(spec):
        return found, None
    if is_quick(spec):
        return jobs.fetch(PredictionsStudy(spec))
    return None, jobs.look_all([PredictionsStudy(spec)])[1]


def is_quick(spec: Spec) -> bool:
    """Whether names take about a second."""
    workspace = session.workspace()
    return bool(len(workspace.images())) and not needs_network(workspace.images(), spec, workspace)


def classifiers() -> list[Pretrained]:
    """List the classifiers on this machine: first those of the runs of the workspace, the newest first, then all others."""
    runs = session.workspace().ledger.runs()
    specs = [classifier_of(run.spec) for run in runs if is_classifier_here(run.spec)]
    return list(dict.fromkeys([*specs, *(classifier_of(Pretrained(name)) for name in classifiers_here())]))


def of_workspace() -> tuple[Predictions | None, Job | None]:
    """Return the names by the first classifier of the workspace that has given some, or the job that finds them."""
    specs = classifiers()
    for spec in specs:
        found = kept(spec)
        if found is not None:
            return found, None
    quick = next((spec for spec in specs if is_quick(spec)), None)
    return fetch(quick) if quick is not None else (None, None)


def title(spec: Pretrained) -> str:
    """Name a classifier: its backbone, and what is unusual about it."""
    words = [BACKBONES[spec.backbone].title]
    words += [] if spec.fit == "crop" else [f"fitted by {spec.fit}"]
    return ", ".join(words + ([spec.precision] if spec.is_fast else []))


def words(predictions: Predictions | None, digests: Sequence[str | None]) -> list[str]:
    """Name each image, such as "tabby cat, 0.71"; empty where that is not known."""
    return [""] * len(digests) if predictions is None else predictions.words(digests)


def show_best(predictions: Predictions, digest: str) -> None:
    """Show the three best classes of one image with their scores."""
    if digest not in predictions:
        return
    first, *others = predictions[digest]
    rest = "  \n".join(f":gray[{formatting.escape(each.words)}]" for each in others)
    st.markdown(f"**{formatting.escape(first.words)}**  \n{rest}")
