"""What a fine-tuned run shows beyond features: what it is worth, what it got wrong, before and after, its file."""

import streamlit as st

from featx_core.extraction.features import Features
from featx_core.figures.fine_tuning import class_figure, confusion_figure
from featx_core.figures.style import CONFIG
from featx_core.images.image_set import ImageSet
from featx_core.learning.fine_tuning.report import TuningReport
from featx_core.methods import registry as methods
from featx_core.specs.fine_tuned import FineTuned
from featx_core.studies.model_file import ModelFileStudy
from featx_core.workspace.runs import Run
from pages._ui.compare import pairs
from pages._ui.extract import training
from pages._ui.shell import formatting, jobs, session

_WRONG_SHOWN = 12
_COLUMNS = 6


def show(run: Run, features: Features, images: ImageSet) -> None:
    """Show what a fine-tuning gave."""
    record = methods.training_record(run.spec, session.workspace())
    if record is None or not isinstance(run.spec, FineTuned):
        st.caption("The training history is not in this workspace.")
        return
    st.header("Training result", anchor=False)
    if not record.facts:
        st.caption("This training was cancelled before the first evaluation.")
        training.show_record(run.spec)
        return
    report = TuningReport.from_facts(record.facts)
    st.markdown(f"**{formatting.escape(report.verdict)}**")
    _numbers(report)
    training.show_record(run.spec)
    _figures(run, report)
    _wrong(report, images)
    _before_and_after(run)
    _file(run)


def _numbers(report: TuningReport) -> None:
    facts = st.container(horizontal=True, gap="large")
    for title, interval, words in (
        ("Fine-tuned", report.accuracy, "Share of validation images that the new layers classify correctly."),
        (
            "Linear probe, frozen",
            report.probe,
            "A linear classifier on the frozen features, trained on the same images.",
        ),
    ):
        ends = f"95 %: {100 * interval.low:.0f} to {100 * interval.high:.0f} %"
        facts.metric(f"{title} ({ends})", f"{100 * interval.value:.0f} %", help=words, width="content")
    facts.metric(
        "Most frequent label",
        f"{100 * report.baseline:.0f} %",
        help="Accuracy of always predicting the most frequent label.",
        width="content",
    )
    n_training = sum(report.training_counts)
    st.caption(
        f"Trained on {formatting.counted(n_training, 'image')}, evaluated on "
        f"{formatting.counted(len(report.truth), 'other')}.",
        help="Duplicates and near-duplicates stay on one side of the split. The best epoch was chosen on the validation "
        "images, so the first number is slightly optimistic; the probe had no such advantage.",
    )


def _figures(run: Run, report: TuningReport) -> None:
    grid = st.grid(2, min_column_width=400, gap=(16, 32))
    with grid.cell():
        st.subheader("Accuracy by label", anchor=False)
        figure = class_figure(report, dark=session.is_dark())
        st.plotly_chart(figure, key=f"classes_{run.digest[:12]}", theme=None, config=CONFIG, alt="Accuracy by label")
        st.caption(
            "Validation images only, their number in brackets.",
            help="Wilson intervals: wide with few images. Labels whose intervals overlap may be equally hard.",
        )
    with grid.cell():
        st.subheader("Confusion matrix", anchor=False)
        figure = confusion_figure(report, dark=session.is_dark())
        st.plotly_chart(figure, key=f"confusion_{run.digest[:12]}", theme=None, config=CONFIG, alt="Confusion matrix")
        st.caption(
            "Rows are true labels, columns are predictions.",
            help="Correct predictions lie on the diagonal. These are counts, so rows with more images are brighter.",
        )


def _wrong(report: TuningReport, images: ImageSet) -> None:
    by_digest = {record.digest: record for record in images}
    rows = [row for row in report.wrong if report.digests[row] in by_digest]
    st.subheader(f"Misclassified: {formatting.counted(len(rows), 'validation image')}", anchor=False)
    if not rows:
        st.caption("None of the validation images that are still here was misclassified.")
        return
    for start in range(0, min(len(rows), _WRONG_SHOWN), _COLUMNS):
        for column, row in zip(st.columns(_COLUMNS), rows[start : start + _COLUMNS], strict=False):
            record = by_digest[report.digests[row]]
            true, named = (report.classes[int(codes[row])] for codes in (report.truth, report.predicted))
            column.image(record.thumbnail(), width="stretch", alt=record.name)
            column.caption(formatting.escape(f"{true}, named {named} ({100 * report.confidence[row]:.0f} %)"))
    more = f" {_WRONG_SHOWN} are shown." if len(rows) > _WRONG_SHOWN else ""
    st.caption(
        f"The most confident mistakes come first.{more}",
        help="The percentage is the network's own confidence, which tends to be too high.",
    )


def _before_and_after(run: Run) -> None:
    with st.expander(
        "Before and after fine-tuning", icon=":material/compare:", key="before_after", on_change="rerun"
    ) as both:
        if not both.open or not isinstance(run.spec, FineTuned):
            return
        before = session.workspace().ledger.find(run.spec.base.digest)
        if before is None:
            st.caption("The features of the base network are no longer here. Extract with the base to see them again.")
            return
        pairs.show_two(before, run)


def _file(run: Run) -> None:
    """Offer the network as a file, once it was saved, read back and compared."""
    st.subheader("Model file", anchor=False)
    file = jobs.offer(ModelFileStudy(run.spec), "Prepare a .keras file", icon=":material/save:", key="prepare_keras")
    if file is not None:
        name = f"{formatting.file_stem(run.title)}.keras"
        st.download_button(
            f"Download {name} ({formatting.size(len(file.content))})",
            data=file.content,
            file_name=name,
            key="download_keras",
            on_click="ignore",
            icon=":material/download:",
        )
    st.caption(
        "The whole network with its classifier, for Keras, without preprocessing.",
        help="The file is loaded in safe mode and compared with the network before it is offered. Feed it what “What the "
        "network receives” shows.",
    )
