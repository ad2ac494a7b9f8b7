"""What heatmaps with a target explain: the control of the Heatmaps page, and the network that it needs."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import streamlit as st

from featx_core.backbones.registry import BACKBONES
from featx_core.heatmaps.targets import ClassTarget, FeatureTarget, OwnFeaturesTarget, SimilarityTarget, Target
from featx_core.images.image_set import ImageSet
from featx_core.methods import registry as methods
from featx_core.predictions.classifiers import classifier_of, has_classifier, is_classifier_here
from featx_core.specs.spec import Spec
from featx_core.workspace.runs import Run
from pages._ui.shell import formatting

_BY_NAME = "class"
_RANKS = ("best", "second_best", "third_best")


def target(run: Run, images: ImageSet) -> Target:
    """Let the user pick what is explained: at first the best class, where the network names classes."""
    kinds = _kinds(run.spec)
    kind = st.selectbox(
        "What to explain",
        list(kinds),
        format_func=lambda kind: kinds[kind],
        key=f"target_kind_{next(iter(kinds)) in _RANKS}",
        persist_state="session",
        help="The value that a map is for. Activation energy and Eigen-CAM are the same for all.",
        width=240,
    )
    return ClassTarget(rank=_RANKS.index(kind) + 1) if kind in _RANKS else _ASK[kind](run, images)


def best_class(run: Run) -> Target | None:
    """Return the best class of each image as a target, where the network of a run names classes; else None."""
    return ClassTarget() if next(iter(_kinds(run.spec))) == ClassTarget.kind else None


def drawn_from(run: Run, target: Target | None) -> Spec:
    """Return the spec whose network gives the target: the run's own, or its classifier where a run ends before that."""
    if target is not None and target.of_classes and methods.class_names(run.spec) is None:
        return classifier_of(run.spec)
    return run.spec


def _kinds(spec: Spec) -> dict[str, str]:
    """Return the kinds of targets with their titles. Classes that need a download come last."""
    names = methods.class_names(spec)
    if names is not None or is_classifier_here(spec):
        ranks = _RANKS if names is None else _RANKS[: len(names)]
        return {kind: words for kind, words in _CLASSES.items() if kind in (*ranks, _BY_NAME)} | _OTHERS
    n_bytes = BACKBONES[classifier_of(spec).backbone].download_bytes_with_top if has_classifier(spec) else 0
    return _OTHERS | ({_RANKS[0]: f"The best class (download, {formatting.size(n_bytes)})"} if n_bytes else {})


def _own_features(run: Run, images: ImageSet) -> Target:
    del run, images
    return OwnFeaturesTarget()


def _feature(run: Run, images: ImageSet) -> Target:
    del images
    n_features = 1
    for side in run.details.get("feature_shape", [1]):
        n_features *= side
    index = st.number_input("Feature", 0, n_features - 1, key="target_feature", persist_state="session", width=160)
    return FeatureTarget(int(index))


def _similarity(run: Run, images: ImageSet) -> Target:
    del run
    by_name = {record.name: record for record in images}
    name = st.selectbox("Similarity to", list(by_name), key="target_image", persist_state="session", width=240)
    return SimilarityTarget(by_name[name])


def _class(run: Run, images: ImageSet) -> Target:
    del images
    classes = methods.class_names(drawn_from(run, ClassTarget())) or ()
    index = st.selectbox(
        "Class",
        sorted(range(len(classes)), key=lambda index: classes[index].casefold()),
        format_func=lambda index: classes[index],
        key=f"target_class_{len(classes)}",
        persist_state="session",
        help="Type to search by name.",
        width=240,
    )
    return ClassTarget(index)


_CLASSES = {
    "best": "The best class of each image",
    "second_best": "The second best class",
    "third_best": "The third best class",
    _BY_NAME: "A class by name",
}
_OTHERS = {
    OwnFeaturesTarget.kind: "This image's own features",
    SimilarityTarget.kind: "Similarity to another image",
    FeatureTarget.kind: "One feature",
}
_ASK: Mapping[str, Callable[[Run, ImageSet], Target]] = MappingProxyType(
    {
        _BY_NAME: _class,
        OwnFeaturesTarget.kind: _own_features,
        SimilarityTarget.kind: _similarity,
        FeatureTarget.kind: _feature,
    }
)
