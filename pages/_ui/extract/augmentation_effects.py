"""What augmentation does to the features of a run: each transform alone, ranked, and the images that it moves most."""

import streamlit as st

from featx_core.augmentation.transforms import AUGMENTATIONS, Transforms, check_transforms
from featx_core.extraction.features import Features
from featx_core.figures.augmentation import effects_figure, strength_words
from featx_core.figures.style import CONFIG
from featx_core.images.image_set import ImageSet
from featx_core.robustness.effects import MAX_IMAGES, N_COPIES, Effects
from featx_core.specs.augmented import Augmented
from featx_core.specs.spec import Spec
from featx_core.studies.effects import EffectsStudy
from featx_core.workspace.runs import Run
from pages._ui.extract import augmented_copies
from pages._ui.shell import formatting, jobs, session

_MOVERS = 4


def show(run: Run, features: Features, images: ImageSet) -> None:
    """Show the study of a run of augmented features, or the button that begins it."""
    del features
    spec = run.spec
    if not isinstance(spec, Augmented):
        return
    st.header("What does augmentation do to these features?", anchor=False)
    study = EffectsStudy(spec.base, _all(spec.transforms), N_COPIES, spec.seed)
    found, _ = jobs.look_all([study])
    if not found:
        _explain(run, spec, images)
    effects = jobs.offer(
        study, "Measure the effect of each transform", icon=":material/straighten:", key="measure_effects"
    )
    if effects is not None:
        _show(effects, spec, images)


def _explain(run: Run, spec: Augmented, images: ImageSet) -> None:
    n_images = min(len(images), MAX_IMAGES)
    speed = run.details.get("ms_per_image")
    words = ""
    if speed:
        n_passes = n_images * (1 + N_COPIES * len(AUGMENTATIONS))
        words = f", about {jobs.duration(n_passes * speed / spec.n_copies / 1000)}"
    st.caption(
        f"How far each transform alone moves the features{words}.",
        help=f"Applied to up to {MAX_IMAGES} images, {N_COPIES} times each; relative to the distance between different "
        "images.",
    )


def _all(own: Transforms) -> Transforms:
    """The transforms of a run as they are, all others at their usual strength."""
    return check_transforms(list(({name: row.default for name, row in AUGMENTATIONS.items()} | dict(own)).items()))


def _show(found: Effects, spec: Augmented, images: ImageSet) -> None:
    figure = effects_figure(found, own={name for name, _ in spec.transforms}, dark=session.is_dark())
    st.plotly_chart(figure, key="effects_chart", theme=None, config=CONFIG, alt="Effects of augmentation")
    st.caption(
        " ".join(["At 1 (dotted line) a changed copy is as far from its image as a different image is.", *found.notes]),
        help="At 0 the transform does not change the features. Distances between features of length 1; means over "
        f"{formatting.counted(len(found.names), 'image')} and {N_COPIES} copies each; lines are 95 % intervals.",
    )
    bar = st.container(horizontal=True)
    bar.download_button(
        "Table as CSV",
        data=lambda: formatting.safe_csv(found.table),
        file_name="featx-augmentation.csv",
        mime="text/csv",
        key="effects_csv",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )
    bar.download_button(
        "Figure as HTML",
        data=lambda: figure.to_html(include_plotlyjs=True, config=CONFIG).encode(),
        file_name="featx-augmentation.html",
        mime="text/html",
        key="effects_html",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )
    _movers(found, spec.base, images)


def _movers(found: Effects, base: Spec, images: ImageSet) -> None:
    """Show the images that one transform moves most, with the copies that were measured."""
    by_name = {effect.transform: effect for effect in found.effects}
    name = st.selectbox(
        "Images that change most under",
        list(by_name),
        format_func=lambda name: strength_words(by_name[name]),
        key="movers_of",
        width=320,
    )
    known = {record.digest: record for record in images}
    transforms = ((name, by_name[name].strength),)
    grid = st.grid(2, min_column_width=340, gap=(8, 32))
    for row, moved in found.movers(name, _MOVERS):
        record = known.get(found.digests[row])
        if record is None:
            continue
        with grid.cell():
            st.markdown(f"**{moved:.2f}**  {formatting.escape(record.name)}")
            original, *places = st.columns(1 + found.n_copies, gap="small")
            original.image(record.thumbnail(), width="stretch", alt=record.name)
            augmented_copies.draw(
                places, record, spec=base, transforms=transforms, seed=found.seed, with_original=False
            )
    st.caption("How far each image moves, on the scale above.")
