"""The projections. A new one is a row here, a file in this folder and a test of its correctness."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

import numpy as np

from featx_core.maps.pca import place_pca, project_pca
from featx_core.maps.tsne import place_tsne, project_tsne
from featx_core.maps.umap import place_umap, project_umap


@dataclass(frozen=True)
class Parameter:
    """One number that a user can choose.

    Attributes:
        name: The keyword of `project`.
        title: What a page calls it.
        help: One or two sentences for a tooltip.
        default: A number, or "auto".
        minimum: The least value allowed.
        maximum: The greatest value allowed.
        step: By how much a control changes it. A whole number means that the value is whole, too.
        manual: For a parameter that may be "auto": the number to offer when a user sets it by hand. Else None.
    """

    name: str
    title: str
    help: str
    default: float | str
    minimum: float
    maximum: float
    step: float
    manual: float | None = None


@dataclass(frozen=True)
class Projector:
    """One way to lay out features on a map.

    Attributes:
        title: What a page calls it.
        function: `function(points, n_components, seed, on_progress, **parameters)`, with finite points, gives
            coordinates float64 `(n_rows, n_components)` and details; in these, `notes` are plain sentences.
        axis: Title of an axis; `{number}` counts from 1, `{share}` is the share of the variance in percent,
            `{about}` says that it is an estimate.
        caption: One sentence on how to read the map, and how not to.
        reference: The paper.
        parameters: What a user may choose, in the order of a form.
        in_worker: Whether it takes long enough, or is risky enough, to run outside the server process.
        minimum_images: The least number of different images.
        maximum_images: For 2 and 3 dimensions, the number of images above which a sample is drawn; None for no limit.
        allows_coincident: Whether it gives a map when all points coincide.
        placer: `placer(points, coordinates, new_points, seed, on_progress, details)` gives coordinates of new points on the
            map of `points`, float64 `(n_new, n_components)`; `details` hold the parameters, too. None where it takes no new
            ones.
    """

    title: str
    function: Callable[..., tuple[np.ndarray, dict[str, Any]]]
    axis: str
    caption: str
    reference: str
    parameters: tuple[Parameter, ...] = ()
    in_worker: bool = False
    minimum_images: int = 2
    maximum_images: Mapping[int, int] | None = None
    allows_coincident: bool = False
    placer: Callable[..., np.ndarray] | None = None


_UMAP = Projector(
    title="UMAP",
    function=project_umap,
    axis="UMAP {number} (no unit)",
    caption=(
        "Only neighbourhoods are meaningful: distances between groups and their sizes hardly are, and groups can "
        "appear where there are none."
    ),
    reference="McInnes, Healy and Melville, arXiv:1802.03426 (2018)",
    parameters=(
        Parameter(
            "n_neighbors",
            "Neighbours",
            "Number of neighbours of each image. Few show small groups, many the overall structure.",
            default=15,
            minimum=2,
            maximum=200,
            step=1,
        ),
        Parameter(
            "min_dist",
            "Minimum distance",
            "Minimum distance between images on the map. Low packs groups tightly, high spreads them.",
            default=0.1,
            minimum=0.0,
            maximum=1.0,
            step=0.05,
        ),
        Parameter(
            "n_epochs",
            "Epochs",
            "Epochs of the optimization. Automatic: 500, or 200 from 10 000 images.",
            default="auto",
            minimum=50,
            maximum=2_000,
            step=50,
            manual=500,
        ),
    ),
    in_worker=True,
    minimum_images=5,
    maximum_images=MappingProxyType({2: 20_000, 3: 20_000}),
    placer=place_umap,
)

PROJECTIONS: Mapping[str, Projector] = MappingProxyType(
    {
        "pca": Projector(
            title="PCA",
            function=project_pca,
            axis="PC{number} ({about}{share:.3g} % of variance)",
            caption=(
                "A linear view: distances along the axes shown are exact, and differences along other axes are "
                "invisible."
            ),
            reference="Pearson, Philosophical Magazine 2 (1901)",
            allows_coincident=True,
            placer=place_pca,
        ),
        "tsne": Projector(
            title="t-SNE",
            function=project_tsne,
            axis="t-SNE {number} (no unit)",
            caption=(
                "Only neighbourhoods are meaningful: distances between groups, their sizes and their densities are "
                "not, and groups can appear where there are none."
            ),
            reference="van der Maaten and Hinton, JMLR 9 (2008); Wattenberg et al., Distill (2016), on how to read it",
            parameters=(
                Parameter(
                    "perplexity",
                    "Perplexity",
                    "Effective number of neighbours of each image. Low shows small groups, high the overall structure.",
                    default=30.0,
                    minimum=2.0,
                    maximum=100.0,
                    step=1.0,
                ),
                Parameter(
                    "early_exaggeration",
                    "Early exaggeration",
                    "How strongly neighbours attract each other during the first 250 iterations, while groups form.",
                    default=12.0,
                    minimum=1.0,
                    maximum=50.0,
                    step=1.0,
                    manual=12.0,
                ),
                Parameter(
                    "learning_rate",
                    "Learning rate",
                    "Step size. Automatic: the number of images.",
                    default="auto",
                    minimum=1.0,
                    maximum=20_000.0,
                    step=10.0,
                    manual=200.0,
                ),
                Parameter(
                    "n_iter",
                    "Iterations",
                    "After the first 250. More give a more converged map, and take longer.",
                    default=500,
                    minimum=50,
                    maximum=5_000,
                    step=50,
                ),
            ),
            in_worker=True,
            minimum_images=5,
            maximum_images=MappingProxyType({2: 100_000, 3: 5_000}),
            placer=place_tsne,
        ),
    }
    | ({"umap": _UMAP} if find_spec("umap") else {})  # an optional extra
)

NOT_INSTALLED: Mapping[str, str] = MappingProxyType(
    {} if find_spec("umap") else {_UMAP.title: 'pip install "umap-learn==0.5.*"'}
)
"""Titles of projections that are not here, with the command that brings them."""
