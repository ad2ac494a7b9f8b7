"""What formulas make of a few rows: as words, images and a plot, computed here and now."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from featx_core.expressions.errors import ExpressionError
from featx_core.expressions.expression import Expression
from featx_core.expressions.tracing import Stage, pairs, tile, trace
from featx_core.figures.expressions import curve_figure, spread_figure
from featx_core.figures.style import CONFIG
from featx_core.images.decoding import ImageError
from featx_core.images.examiners import FOR_PAGES
from featx_core.images.fitting import fit_image
from featx_core.images.image_set import ImageRecord, ImageSet
from featx_core.images.preprocessing import PREPROCESSING
from featx_core.images.rendering.choice import Rendering
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.workspace.runs import Run
from pages._ui.shell import formatting, runs, session

MAX_SIDE = 160  # pixels, of the image that is computed with at once
MAX_NUMBERS = 200_000  # of a run
_PAIRS = 2000
_TILES = (3, 4)  # in a row, at least and at most


@dataclass(frozen=True)
class Sample:
    """A few rows to try formulas on.

    Attributes:
        key: Names them, for what is kept.
        name: Of the image that is drawn.
        rows: float32 `(n_rows, *shape)`; the first is drawn.
        whole: The same at the size that the run will have, where that is another.
    """

    key: str
    name: str
    rows: np.ndarray
    whole: np.ndarray


def find_sample(run: Run | None, size: tuple[int, int], fit: str, images: ImageSet) -> Sample | None:
    """Take the image that the page inspects, or the features of it and of other images."""
    if run is not None:
        return _of_run(run)
    names = images.names
    if not names:
        return None
    record = images[names.index(name)] if (name := _inspected()) in names else images[0]
    try:
        pixels = _fitted(record.digest, size, fit, str(record.workspace.rendering), record)
    except ImageError:  # its bytes are damaged: the page says so where it inspects it
        return None
    side = max(size)
    small = tuple(max(16, round(MAX_SIDE * edge / side)) for edge in size) if side > MAX_SIDE else size
    unit = PREPROCESSING["unit"]
    rows = unit(fit_image(pixels, (small[0], small[1]), "stretch"))[np.newaxis]
    return Sample(f"{record.digest} {size} {fit}", record.name, rows, unit(pixels)[np.newaxis])


def _of_run(run: Run) -> Sample | None:
    features = runs.features_of(run)
    if features is None or not len(features):
        return None
    first = features.names.index(name) if (name := _inspected()) in features.names else 0
    n_rows = max(1, MAX_NUMBERS // max(1, features.vectors.shape[1]))
    chosen = [first, *(row for row in range(min(n_rows, len(features))) if row != first)][:n_rows]
    rows = features.values[chosen]
    return Sample(f"{run.digest} {run.created} {first} {len(rows)}", features.names[first], rows, rows)


def _inspected() -> str:
    return str(session.recall("inspected", ""))


@st.cache_data(max_entries=16, show_spinner=False)
def _fitted(digest: str, size: tuple[int, int], fit: str, rendering: str, _record: ImageRecord) -> np.ndarray:
    del digest
    return FOR_PAGES.fitted(_record.read(), size, fit, rendering=Rendering.parse(rendering))


@st.cache_data(max_entries=64, show_spinner=False)
def _traced(key: str, texts: tuple[str, ...], _sample: Sample) -> list[Stage]:
    del key
    steps = [Expression(text) for text in texts]
    try:
        return trace(steps, _sample.rows)
    except ExpressionError:  # too small for it
        return trace(steps, _sample.whole)


def range_words(texts: tuple[str, ...], sample: Sample | None) -> str:
    """Say which values the last of these steps gives for the sample."""
    if sample is None:
        return ""
    stage = _traced(sample.key, texts, sample)[-1]
    if np.isnan(stage.low):
        return "no finite value here"
    words = f"here from {stage.low:.3g} to {stage.high:.3g}, mean {stage.mean:.3g}"
    return f"{words}; {100 * stage.share_not_finite:.2g} % not finite" if stage.share_not_finite else words


def show(spec: LambdaTransform, sample: Sample | None) -> None:
    """Show what the steps make of the sample: small images of each, and numbers before against after."""
    with st.container(border=True):
        st.header("What the formula does", anchor=False)
        if sample is None:
            st.caption("There are no images or runs to try it on yet.")
            return
        try:
            stages = _traced(sample.key, spec.expressions, sample)
        except ExpressionError as error:
            st.caption(formatting.escape(error.sentence))
            return
        _tiles(spec, stages, sample.name)
        _plot(stages, sample)


def _tiles(spec: LambdaTransform, stages: list[Stage], name: str) -> None:
    words = ["Before", *(f"{number}: {text}" for number, text in enumerate(spec.expressions, start=1))]
    least, most = _TILES
    width = min(max(len(stages), least), most)
    for start in range(0, len(stages), width):
        columns = st.columns(width)
        for column, title, stage in zip(columns, words[start:], stages[start : start + width], strict=False):
            column.image(tile(stage.values[0]), width="stretch", alt=f"{name}, {title}")
            column.caption(formatting.escape(title))


def _plot(stages: list[Stage], sample: Sample) -> None:
    before, after = stages[0].values, stages[-1].values
    rows = f"{formatting.escape(sample.name)}" if len(before) == 1 else formatting.counted(len(before), "row")
    if before.shape == after.shape:
        figure = curve_figure(*pairs(before, after, _PAIRS), dark=session.is_dark())
        caption = (
            f"Each dot is one value of {rows}. A thin line means that the formula treats each value independently."
        )
    else:
        figure = spread_figure(before, after, dark=session.is_dark())
        caption = f"Distribution of the values of {rows}, before and after."
    st.plotly_chart(figure, key="formula_plot", theme=None, config=CONFIG, alt="The formula as a curve")
    if stages[-1].share_not_finite:
        caption += " Infinite and missing values are left out of the plot, and their rows are left out of maps."
    st.caption(f"{caption} Images are scaled from black (smallest value) to white (largest).")
