"""Loading aside, with a package of five modules in place of TensorFlow."""

import sys
import threading
import time

import pytest

from featx_core.base import loading
from featx_core.base.loading import Loading

N_MODULES = 5
PATIENCE = 10.0


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Write modules that note when they are imported; gives their names and the notes."""
    names = [f"featx_test_slow_{number}_{tmp_path.name.replace('-', '_')}" for number in range(N_MODULES)]
    for name in names:
        (tmp_path / f"{name}.py").write_text("import sys\nsys.featx_test_notes.append(__name__)\n")
    monkeypatch.setattr(sys, "featx_test_notes", [], raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(loading, "QUIET_SECONDS", 0.05)
    yield names, sys.featx_test_notes
    for name in names:
        sys.modules.pop(name, None)


def load(names):
    for name in names:
        __import__(name)


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert condition()


def test_it_begins_by_itself_when_all_is_quiet(package):
    names, notes = package
    before = list(sys.meta_path), sys.getswitchinterval()
    aside = Loading(lambda: load(names))
    aside.start()
    until(lambda: aside.is_done)
    assert notes == names
    assert (sys.meta_path, sys.getswitchinterval()) == before


def test_it_makes_way_in_the_midst_of_it(package):
    names, notes = package
    aside = Loading(lambda: load(names))
    begun, go_on = threading.Event(), threading.Event()
    aside._load = lambda: (load(names[:1]), begun.set(), go_on.wait(PATIENCE), load(names[1:]))
    aside.start()
    assert begun.wait(PATIENCE)
    with aside.others_first():
        go_on.set()
        time.sleep(0.1)
        assert notes == names[:1]
    until(lambda: aside.is_done)
    assert notes == names


def test_it_does_not_make_way_for_ever(package, monkeypatch):
    names, notes = package
    monkeypatch.setattr(loading, "MAX_GIVE_WAY", 0.05)
    monkeypatch.setattr(loading, "MAX_WAIT", 0.05)
    aside = Loading(lambda: load(names))
    with aside.others_first():
        aside.start()
        until(lambda: aside.is_done)
    assert notes == names


def test_who_waits_is_not_made_way_for_and_may_give_up(package):
    names, notes = package
    aside = Loading(lambda: load(names))
    looks = []
    with aside.others_first():
        aside.start()
        aside.wait(lambda: looks.append(len(notes)))
        assert notes == names

    def give_up():
        raise TimeoutError

    other = Loading(lambda: time.sleep(0.3))
    other.start()
    with pytest.raises(TimeoutError):
        other.wait(give_up)
    until(lambda: other.is_done)


@pytest.mark.parametrize("is_in_a_thread_of_its_own", [False, True])
def test_one_that_waits_for_a_module_in_the_midst_of_its_import_is_not_made_way_for(
    package, tmp_path, is_in_a_thread_of_its_own
):
    names, notes = package
    (tmp_path / f"{names[0]}.py").write_text(
        f"import sys, time\ntime.sleep(0.3)\nimport {names[1]}\nsys.featx_test_notes.append(__name__)\n"
    )
    aside = Loading(lambda: load(names[:1]))
    aside.start()
    until(lambda: names[0] in sys.modules)
    with aside.others_first():
        started = time.monotonic()
        if is_in_a_thread_of_its_own:  # as images are decoded
            reader = threading.Thread(target=__import__, args=(names[0],))
            reader.start()
            reader.join()
        else:
            __import__(names[0])
        assert time.monotonic() - started < loading.MAX_GIVE_WAY
    assert notes == [names[1], names[0]]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nobody_waits_for_what_failed(package):
    made = Loading(lambda: __import__("featx_test_no_such_module"))
    made.start()
    waits = threading.Thread(target=made.wait, args=(lambda: None,), daemon=True)
    waits.start()
    waits.join(PATIENCE)
    assert not waits.is_alive()
