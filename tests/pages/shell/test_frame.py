"""What stands around the pages: nothing that ends while a page is drawn stays unseen."""

from pages._ui.shell import compat, frame
from tests.toys.app.visiting import Visitor


def _ends_behind_the_ledger(monkeypatch, end):
    """Have something end just after the runs were listed, once."""
    listed, ends = frame._ledger, [end]

    def _ledger():
        listed()
        while ends:
            ends.pop()()

    monkeypatch.setattr(frame, "_ledger", _ledger)


def test_a_run_that_ends_while_the_page_is_drawn_is_shown(visit, shelve, make_png, worker, monkeypatch):
    visitor: Visitor = visit(shelve([(f"{number}.png", make_png(number)) for number in range(3)])).open("extract")
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    (job,) = worker.jobs()
    assert "1 run" not in visitor.words.splitlines()
    _ends_behind_the_ledger(monkeypatch, lambda: worker.finish(job.key))
    visitor.run()
    assert "1 run" in [caption.value for caption in visitor.tab.sidebar.caption]
    assert visitor.has_no_fault


def test_what_goes_on_is_shown_on_a_page_that_ends_early_and_its_old_parts_are_forgotten(
    visit, shelve, make_png, worker, monkeypatch
):
    visitor: Visitor = visit(shelve([(f"{number}.png", make_png(number)) for number in range(3)])).open("extract")
    worker.holds = True
    visitor.tab.button(key="run").click().run()
    forgotten = []
    monkeypatch.setattr(compat, "forget_others", lambda: forgotten.append(visitor.token))
    visitor.open("map")
    assert "No features have been extracted yet." in visitor.words
    assert "Extracting" in visitor.words
    assert forgotten == [visitor.token]
    assert visitor.has_no_fault
