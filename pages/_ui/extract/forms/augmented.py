"""The form of features of randomly changed copies."""

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from featx_core.augmentation.transforms import AUGMENTATIONS, PRESETS, Augmentation, Transforms, check_transforms
from featx_core.specs.augmented import MAX_COPIES, Augmented
from featx_core.specs.lambda_transform import LambdaTransform
from featx_core.specs.spec import Spec, SpecError
from featx_core.workspace.runs import Run
from featx_core.workspace.workspace import Workspace
from pages._ui.extract import augmented_copies
from pages._ui.extract.forms.asked import Asked
from pages._ui.extract.forms.pretrained import fill as fill_pretrained
from pages._ui.extract.forms.pretrained import pretrained
from pages._ui.shell import formatting, fragments, session
from pages._ui.shell.inputs import seed_input

Gives = Literal["mean", "copies"]
_NEW = "new"
_PRESET, _CHOSEN = "augment_preset", "augment_chosen"
_GIVES: Mapping[Gives, str] = MappingProxyType({"mean": "Mean of the copies", "copies": "A row for each"})
_STEPS = 100  # of a slider


def augmented(workspace: Workspace) -> Asked:
    """Show the parameters: which extractor, what is done to the images, how often, and what is made of it."""
    inside = _base(workspace)
    transforms = _transforms()
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    n_copies = int(
        left.number_input(
            "Copies per image",
            min_value=2,
            max_value=MAX_COPIES,
            value=8,
            key="augment_copies",
            persist_state="session",
            help="The network runs once per copy.",
        )
    )
    gives = _gives(right)
    with st.expander("Advanced", icon=":material/tune:", key="augment_advanced"):
        seed = seed_input(
            "Seed",
            key="augment_seed",
            help="With the same seed, each image always gets the same copies.",
        )
        with_original = st.toggle(
            "First copy is the unchanged image", value=True, key="augment_original", persist_state="session"
        )
    try:
        spec = Augmented(inside.spec, transforms, n_copies, seed, with_original, gives)
    except SpecError as error:
        st.warning(formatting.escape(str(error)), icon=":material/rule:")
        fragments.end_page()
    preview = functools.partial(
        augmented_copies.preview,
        spec=spec.base,
        transforms=spec.transforms,
        n_copies=n_copies,
        seed=seed,
        with_original=with_original,
    )
    batch_size = None if inside.batch_size is None else max(1, inside.batch_size // n_copies)
    return Asked(spec, batch_size, layer_key=inside.layer_key, preview=preview)


def fill(spec: Spec, workspace: Workspace) -> None:
    """Put the settings of a spec into the form, before it is drawn."""
    if not isinstance(spec, Augmented):
        return
    found = _bases(workspace)
    session.remember(_base_key(found), spec.base.digest if spec.base.digest in found else _NEW)
    fill_pretrained(spec.base, workspace)
    session.remember(_CHOSEN, [name for name, _ in spec.transforms])
    for name, strength in spec.transforms:
        session.remember(_key(name), _number(AUGMENTATIONS[name], strength))
    session.remember("augment_copies", spec.n_copies)
    session.remember("augment_gives", spec.gives)
    session.remember("augment_seed", spec.seed)
    session.remember("augment_original", spec.with_original)


def _bases(workspace: Workspace) -> dict[str, Run]:
    """Find the runs whose extractor can take the copies, those of a network first: raw pixels are seldom meant."""
    found = [run for run in workspace.ledger.runs() if _takes_images(run.spec)]
    networks = [run for run in found if not isinstance(run.spec, LambdaTransform)]
    return {run.digest: run for run in (*networks, *found)}


def _base_key(found: Mapping[str, Run]) -> str:
    return f"augment_base_{len(found)}"


def _base(workspace: Workspace) -> Asked:
    """Let the user pick one of the runs, or set a pretrained network up here."""
    by_digest = _bases(workspace)
    has_network = any(not isinstance(run.spec, LambdaTransform) for run in by_digest.values())
    words = {_NEW: "A new pretrained network"} | {
        digest: formatting.run_words(run) for digest, run in by_digest.items()
    }
    picked = st.selectbox(
        "Features of",
        list(words),
        index=1 if has_network else 0,
        format_func=lambda choice: words[choice],
        key=_base_key(by_digest),
        persist_state="session",
        help="The extractor for the copies: one of your runs or a new pretrained network.",
    )
    if picked != _NEW:
        return Asked(by_digest[picked].spec)
    with st.container(border=True):
        return pretrained(workspace)


def _takes_images(spec: Spec) -> bool:
    return not isinstance(spec, Augmented) and spec.rows_per_image == 1 and spec.takes_images


def _gives(place: DeltaGenerator) -> Gives:
    return place.segmented_control(
        "Result",
        list(_GIVES),
        default="mean",
        required=True,
        format_func=lambda name: _GIVES[name],
        key="augment_gives",
        persist_state="session",
        help="The mean over copies is more stable (test-time augmentation). One row per copy shows on the map how far "
        "copies move away from their image.",
    )


def _transforms() -> Transforms:
    st.segmented_control(
        "Augmentation",
        list(PRESETS),
        default=next(iter(PRESETS)),
        format_func=lambda name: PRESETS[name].title,
        key=_PRESET,
        persist_state="session",
        on_change=_take_preset,
        help="A starting point that you can change below.",
    )
    if session.recall(_CHOSEN) is None:
        _take_preset()
    names = st.multiselect(
        "Transforms",
        list(AUGMENTATIONS),
        format_func=lambda name: AUGMENTATIONS[name].title,
        key=_CHOSEN,
        persist_state="session",
        help="Applied in this order: geometry, then colour, then erasing.",
    )
    if not names:
        st.warning("Choose at least one transform.", icon=":material/rule:")
        fragments.end_page()
    ordered = [name for name in AUGMENTATIONS if name in names]
    settable = [name for name in ordered if AUGMENTATIONS[name].minimum < AUGMENTATIONS[name].maximum]
    strengths = {name: AUGMENTATIONS[name].default for name in ordered}
    columns = st.columns(2)
    for number, name in enumerate(settable):
        with columns[number % 2]:
            strengths[name] = _strength(name, AUGMENTATIONS[name])
    fixed = [AUGMENTATIONS[name] for name in ordered if name not in settable]
    for row in fixed:
        st.caption(f"**{row.title}.** {row.caveat}")
    return check_transforms(list(strengths.items()))


def _take_preset() -> None:
    """Set the transforms and their strengths to those of the preset."""
    picked = session.recall(_PRESET)
    transforms = PRESETS[picked if isinstance(picked, str) else next(iter(PRESETS))].transforms
    session.remember(_CHOSEN, [name for name, _ in transforms])
    for name, strength in transforms:
        session.remember(_key(name), _number(AUGMENTATIONS[name], strength))


def _strength(name: str, row: Augmentation) -> float:
    """Show how strong one transform is."""
    if session.recall(_key(name)) is None:
        session.remember(_key(name), _number(row, row.default))
    is_whole = row.maximum > _STEPS
    value = st.slider(
        f"{row.title}: up to ({row.unit})",
        _number(row, row.minimum),
        _number(row, row.maximum),
        step=1 if is_whole else 0.05 if row.maximum > 1 else 0.01,
        key=_key(name),
        persist_state="session",
        help=row.caveat,
    )
    return float(value)


def _number(row: Augmentation, value: float) -> float | int:
    """Return a strength as the slider wants it: whole degrees, else a share."""
    return int(value) if row.maximum > _STEPS else float(value)


def _key(name: str) -> str:
    return f"augment_{name}"
