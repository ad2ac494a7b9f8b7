"""From exceptions to messages for the user."""

import numpy as np
import pytest

from featx_core.base.faults import explain_fault, new_reference
from featx_core.specs.registry import spec_from_json
from featx_core.specs.spec import SpecError
from featx_core.worker.questions import Questions


def test_references_are_short_and_differ():
    references = {new_reference() for _ in range(50)}
    assert all(len(reference) == 4 and reference.isalnum() for reference in references)
    assert len(references) > 45


def raised(function):
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_a_sentence_of_featx_passes(caplog):
    for function in (
        lambda: spec_from_json("{}"),
        lambda: Questions().add({}, 0),
        lambda: _raise(SpecError("`a` must be 1.")),
    ):
        error = raised(function)
        fault = explain_fault(error, "extract")
        assert (fault.message, fault.reference, fault.is_out_of_memory) == (str(error), None, False)
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("body", "passes"),
    [
        ("raise ValueError('Pick another image.')", True),
        ("with contextlib.suppress(KeyError): raise ValueError('Pick another image.')", True),
        ("numpy.zeros(3).reshape(2, 2)", False),
        ("with contextlib.suppress(KeyError): int('a')", False),
    ],
)
def test_what_a_library_without_frames_says_does_not_pass(body, passes):
    names = {"__name__": "featx_core.any.module"}
    exec(f"import contextlib, numpy\ndef work():\n  try:\n    {body}\n  finally:\n    pass", names)
    fault = explain_fault(raised(names["work"]), "extract")
    assert (fault.message == "Pick another image.", fault.reference is None) == (passes, passes)


def test_a_plain_value_error_passes_only_from_featx_itself():
    from featx_core.extraction.extract import extract

    assert explain_fault(raised(lambda: extract([], None)), "extract").message.startswith("`images` is empty.")
    fault = explain_fault(raised(lambda: np.zeros(3).reshape(2, 2)), "extract")
    assert fault.message == f"The computation failed (ref {fault.reference})."


def test_an_unknown_error_is_logged_under_its_reference(caplog):
    fault = explain_fault(raised(lambda: open("/no/such/file")), "extract")  # noqa: SIM115
    assert fault.message == f"The computation failed (ref {fault.reference})."
    assert f"ref {fault.reference}: extract failed: FileNotFoundError" in caplog.text
    assert "Traceback" in caplog.text


def test_running_out_of_memory_has_its_own_sentence():
    class ResourceExhaustedError(Exception):
        pass

    for error in (MemoryError(), ResourceExhaustedError("OOM when allocating tensor")):
        fault = explain_fault(raised(lambda error=error: _raise(error)), "extract")
        assert fault.is_out_of_memory
        assert fault.message.startswith(f"The computation ran out of memory (ref {fault.reference}).")


def _raise(error):
    raise error
