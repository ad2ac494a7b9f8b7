"""What stands around the pages: nothing that ends while a page is drawn stays unseen."""

from pages._ui.shell import frame
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
