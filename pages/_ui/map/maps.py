"""Maps on the pages: their controls, where they are computed, what is said under them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.extraction.colorings import COLORINGS, RunColoring
from featx_core.extraction.features import Features
from featx_core.images.image_set import ImageSet, Matched
from featx_core.learning.labels_seen import labels_caution
from featx_core.maps.caption import caption_parts
from featx_core.maps.placing import place
from featx_core.maps.projection import Projection, project
from featx_core.maps.registry import NOT_INSTALLED, PROJECTIONS, Parameter
from featx_core.methods import registry as methods
from featx_core.offline.drawn import Column
from featx_core.predictions.colorings import NAMED, most_frequent, named_colorings
from featx_core.studies.maps.map import MapStudy
from featx_core.studies.maps.placed_map import PlacedMapStudy
from featx_core.studies.study import Study
from featx_core.worker.jobs import Job
from featx_core.workspace.runs import Run
from pages._ui.map import clusters
from pages._ui.networks import names
from pages._ui.shell import jobs, runs, session
from pages._ui.shell.inputs import seed_input

KEPT = "kept"  # colour by how well each image's neighbours are kept: a fact of the map, not of the image


@dataclass(frozen=True)
class Choice:
    """What the user asked to see.

    Attributes:
        name: A key of `PROJECTIONS`.
        n_components: 2 or 3.
        color: A key of `COLORINGS`, of what the run tells of its images, of `clusters.COLORS`, or `KEPT`.
        n_base: On how many of the first rows the map is laid out, the others being placed on it; 0 for all.
        trails: Whether lines join images to their copies.
        seed: For projections that use chance.
        parameters: The projection's own parameters.
    """

    name: str
    n_components: int
    color: str
    seed: int
    parameters: Mapping[str, Any]
    n_clusters: int = 0
    n_base: int = 0
    trails: bool = False


def controls(bar: DeltaGenerator, features: Features) -> Choice:
    """Show the controls of a map in one row."""
    name = bar.segmented_control(
        "Projection",
        list(PROJECTIONS),
        default="pca",
        required=True,
        format_func=lambda name: PROJECTIONS[name].title,
        key="projection",
        persist_state="session",
        help=" ".join(
            [
                "PCA: linear, fast and exact. t-SNE and UMAP: keep close neighbours close and show groups.",
                *(f"{title} is not installed; to add it: `{command}`" for title, command in NOT_INSTALLED.items()),
            ]
        ),
    )
    n_components = bar.segmented_control(
        "Axes", [2, 3], default=2, required=True, format_func=lambda n: f"{n}-D", key="axes", persist_state="session"
    )
    is_pictured = features.spec.takes_images or images_of(features).has_any
    titles = {key: column.title for key, column in COLORINGS.items() if key == "label" or is_pictured}
    titles |= {key: column.title for key, column in told(features).items()}
    titles |= clusters.titles(features) | {KEPT: "Neighbours kept"}
    if session.recall("map_color") not in titles:
        session.take("map_color")
    color = bar.selectbox(
        "Colour",
        list(titles),
        format_func=lambda key: titles[key],
        key="map_color",
        width=210,
        persist_state="session",
    )
    with bar.popover("Parameters", icon=":material/tune:"):
        parameters = {item.name: _parameter(item, name) for item in PROJECTIONS[name].parameters}
        seed = seed_input(key="map_seed", help="The same seed gives the same map on the same kind of machine.")
        for title, command in NOT_INSTALLED.items():
            st.caption(f"{title} is not installed. To add it: `{command}`")
        n_clusters = clusters.n_clusters(color)
    return Choice(name, n_components, color, seed, parameters, n_clusters, trails=_trails(bar, features))


def _trails(bar: DeltaGenerator, features: Features) -> bool:
    """Offer trails where each image has several copies."""
    if features.copies is None:
        return False
    return bar.toggle(
        "Trails",
        value=True,
        key="map_trails",
        persist_state="session",
        help="Lines from each image to its copies. Short lines mean that the features hardly change.",
    )


def _parameter(item: Parameter, projection: str) -> float | int | str:
    """Show one control, built from its row in the registry."""
    key = f"{projection}_{item.name}"
    if item.default == "auto" and not st.toggle(f"{item.title}: set manually", key=f"{key}_manual", help=item.help):
        return "auto"
    start = item.manual if item.default == "auto" and item.manual is not None else item.default
    kind = int if float(item.step).is_integer() else float
    value = st.slider(
        item.title,
        kind(item.minimum),
        kind(item.maximum),
        kind(float(start)),
        kind(item.step),
        key=key,
        persist_state="session",
        help=item.help,
    )
    return kind(value) if isinstance(item.default, int) else float(value)


def fetch(run: Run, features: Features, choice: Choice, *, alone: bool = True) -> tuple[Projection | None, Job | None]:
    """Return the map, or the job that makes it. `alone` cancels maps that were asked for before and not waited for."""
    if not PROJECTIONS[choice.name].in_worker and features.values.size <= runs.MAX_VALUES:
        base = features.of_rows(range(choice.n_base)) if choice.n_base else features
        projection = in_server(run, base, choice.name, choice.n_components, choice.seed, choice.parameters)
        return (placed(run, projection, choice, features) if choice.n_base else projection), None
    study = _study(run, features, choice)
    if alone:
        jobs.leave_others(study)
    return jobs.fetch(study)


def _study(run: Run, features: Features, choice: Choice) -> Study[Projection]:
    parameters = tuple(sorted(choice.parameters.items()))
    about = (choice.n_components, choice.seed, parameters)
    if choice.n_base:
        return PlacedMapStudy(run.digest, choice.name, choice.n_base, *about)
    return MapStudy(run.digest, choice.name, *about, features.copies is None and run.spec.rows_per_image > 1)


@st.cache_resource(max_entries=4, show_spinner=False)
def _placed(about: tuple[Any, ...], _base: Projection, _features: Features) -> Projection:
    return place(_base, _features.vectors, about[0])


def placed(run: Run, base: Projection, choice: Choice, features: Features) -> Projection:
    """Place later rows on a quick map here, once."""
    about = (choice.n_base, session.token(), run.digest, run.created, hash(features.digests), repr(choice))
    return _placed(about, base, features)


def in_server(
    run: Run, features: Features, name: str, n_components: int, seed: int, parameters: Mapping[str, Any]
) -> Projection:
    """Compute a quick map here, once."""
    digests = hash(features.digests)
    return _computed(
        session.token(), run.digest, run.created, digests, name, n_components, seed, dict(parameters), features
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _computed(
    _token: str,
    digest: str,
    created: str,
    digests: int,
    name: str,
    n_components: int,
    seed: int,
    parameters: dict[str, Any],
    _features: Features,
) -> Projection:
    del digest, created, digests
    return project(_features.vectors, name, n_components=n_components, seed=seed, **parameters)


def images_of(features: Features) -> Matched:
    """Return the image of the workspace that each row belongs to, or None."""
    images = session.workspace().images()
    about = ("images of", features.spec.digest, features.copies is None, hash(features.digests), hash(features.names))
    places = images.once(about, lambda: images.matching(features.names, features.digests).places, of_labels=False)
    return images.at(places)


def chosen_of(features: Features, rows: Sequence[int]) -> tuple[ImageSet, list[int]]:
    """Return the images of some rows, each once, and the rows that have none."""
    found = images_of(features).of_rows(np.array(rows, int))
    places = dict.fromkeys(found.places[found.is_there].tolist())
    unseen = np.array(rows, int)[~found.is_there]
    return session.workspace().images().of_rows(np.array(list(places), int)), unseen.tolist()


def column(features: Features, projection: Projection, key: str) -> Column:
    """Return what points can be coloured by, a value for each row of the features."""
    if key == KEPT:
        each = projection.details.get("neighbors_kept_each")
        values = np.full(len(features), np.nan, np.float32)
        if each is not None:
            values[projection.rows] = each
        return Column("Neighbours kept (0 to 1)", values)
    title, found, is_number = _facts(features, key)
    if isinstance(found, np.ndarray):
        return Column(title, found.astype(np.float32))
    if is_number:
        return Column(title, np.array([np.nan if value is None else float(value) for value in found], np.float32))
    return Column(title, [None if value is None else str(value) for value in found])


def shown_colors(found: Column, key: str) -> Column:
    """Return a column as points are coloured by it: of very many predicted classes the most frequent, the others as one."""
    is_long = key == NAMED or key.startswith("column ")  # of a file, which may say something else of each row
    return Column(found.title, most_frequent(list(found.values))) if is_long and not _is_array(found) else found


def _is_array(column: Column) -> bool:
    return isinstance(column.values, np.ndarray)


def shown_columns(features: Features, color: str) -> list[str]:
    """List what the card of a point tells: what it is coloured by first, then its label and what networks say of it."""
    return list(dict.fromkeys([color, "label", *told(features)]))


def _facts(features: Features, color: str) -> tuple[str, Sequence[str | float | None] | np.ndarray, bool]:
    """Return the title of a column, its value for each row, and whether it is a number."""
    found = told(features)
    if color in found:
        return found[color].title, found[color].values, found[color].is_number
    if color in clusters.COLORS:  # they are still being found
        return "Clusters", [None] * len(features), False
    column = COLORINGS[color]
    if color == "label":
        return column.title, features.labels, False
    return column.title, column.of(images_of(features)), column.is_number


def told(features: Features) -> Mapping[str, RunColoring]:
    """Return what is known of each image besides its record, such as a predicted class or a cluster."""
    found = _told(session.token(), features.spec.digest, hash(features.digests), features)
    predictions = names.kept(features.spec)
    named = {} if predictions is None else named_colorings(predictions, features.digests)
    return {**found, **named, **clusters.kept(features)}


@st.cache_data(max_entries=16, show_spinner=False)
def _told(_token: str, digest: str, digests: int, _features: Features) -> dict[str, RunColoring]:
    del digest, digests
    return dict(methods.run_colorings(_features.spec, session.workspace(), _features))


def show_caution(run: Run, features: Features, color: str = "label") -> None:
    """Say beside a map by label that the network was trained on these labels, where it was."""
    caution = labels_caution(run.spec, features.digests, session.workspace()) if color == "label" else ""
    if caution:
        st.caption(f":material/school: {caution}")


def show_caption(projection: Projection, more: str = "") -> None:
    """Say in one line how far a map can be trusted, and how it misleads where one asks for it."""
    first, rest = caption_parts(projection)
    words = " ".join(filter(None, (first, more)))
    st.caption(words or rest, help=rest if words else None)
