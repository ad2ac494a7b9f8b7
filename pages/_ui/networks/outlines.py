"""The layers of networks, asked of the worker once and kept."""

from featx_core.architecture.outline import Outline
from featx_core.methods import registry as methods
from featx_core.specs.spec import Spec, SpecError
from featx_core.tasks.encoding import outline_from_json
from featx_core.tasks.requests import OutlineQuestion
from featx_core.worker.jobs import TaskFailedError
from pages._ui.shell import questions, session


def fetch(spec: Spec) -> Outline | None:
    """Return the layers and shapes of a spec; None while the worker is still at it, as for `questions.fetch`.

    Raises:
        SpecError: If the spec cannot be built, in plain words.
        NoAnswerError: If the worker did not answer: for `questions.stop`, or `questions.offer_again`.
    """
    if methods.has_quick_outline(spec):
        return methods.outline(spec, session.workspace())
    try:
        return questions.fetch(OutlineQuestion(spec), workspace_path=_place_of_files(spec), read=outline_from_json)
    except TaskFailedError as error:
        raise SpecError(str(error)) from None


def _place_of_files(spec: Spec) -> str | None:
    """Return the workspace where a spec names a file in it, as the user's own model is one; None for all others."""
    return str(session.workspace().path) if "file:" in spec.to_json() else None
