"""Seals: what was written here is known again; what came from elsewhere is not."""

import pytest

from featx_core.base.files.sealing import seal, unseal


def test_what_was_sealed_here_comes_back():
    assert unseal(seal(b"content")) == b"content"
    assert seal(b"content") == seal(b"content")


@pytest.mark.parametrize("change", [lambda c: c[:-1] + b"x", lambda c: b"x" + c[1:], lambda c: c[32:], lambda c: b""])
def test_what_was_changed_is_refused(change):
    with pytest.raises(ValueError, match="written on another machine, or is damaged"):
        unseal(change(seal(b"content")))


def test_what_another_machine_sealed_is_refused(monkeypatch, tmp_path):
    sealed = seal(b"content")
    monkeypatch.setenv("FEATX_HOME", str(tmp_path / "another"))
    with pytest.raises(ValueError, match="written on another machine"):
        unseal(sealed)
