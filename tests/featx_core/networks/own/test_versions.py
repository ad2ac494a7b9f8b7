"""Models of users are opened by a Keras that refuses what they must not do, and by no older one. Fault 50."""

import pytest

from featx_core.networks.own import versions
from featx_core.networks.own.bringing import check_files
from featx_core.networks.own.errors import ModelFileError
from tests.toys.files.model_files import small_model


@pytest.mark.parametrize("found", ["3.15.1", "3.16.0", "4.0", "3.15.2.dev1"])
def test_a_keras_of_now_opens_models(found, monkeypatch):
    monkeypatch.setattr(versions, "version", lambda package: found)
    assert versions.why_off() == ""
    check_files({"mine.keras": small_model()})


@pytest.mark.parametrize("found", ["3.15.0", "3.9.2", "2.15.0", "3.15"])
def test_an_older_one_does_not(found, monkeypatch):
    monkeypatch.setattr(versions, "version", lambda package: found)
    words = rf"^`mine\.keras` is not opened here: models need Keras 3\.15\.1 or newer, and {found} is installed\.$"
    with pytest.raises(ModelFileError, match=words):
        check_files({"mine.keras": small_model()})


def test_without_keras_that_is_said(monkeypatch):
    def missing(package):
        raise versions.PackageNotFoundError(package)

    monkeypatch.setattr(versions, "version", missing)
    assert versions.why_off() == "needs Keras, which is not installed here."
