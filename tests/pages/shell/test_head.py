"""What is put into the head of the document."""

from streamlit import delta_generator

from pages._ui.shell import compat
from pages._ui.shell.serving import head


def test_the_scripts_of_results_go_by_their_names():
    """Fails where Streamlit names them in another way: results then come later, and `AHEAD` should be mended."""
    found = compat.scripts_of(*head.AHEAD)
    assert [address.split("/")[-1].split(".")[0] for address in found] == list(head.AHEAD)
    assert compat.scripts_of("NoSuchPart", "Metric") == found[2:3]


def test_the_document_fetches_them_ahead():
    added = head._added().decode()
    assert all(f'"{address}"' in added for address in compat.scripts_of(*head.AHEAD))
    assert "SCRIPTS" not in added
    assert added.startswith("<style>:root {")


def test_streamlit_does_not_look_whether_it_is_used_in_a_console(monkeypatch):
    assert isinstance(delta_generator._use_warning_has_been_displayed, bool)
    monkeypatch.setattr(delta_generator, "_use_warning_has_been_displayed", False)
    monkeypatch.setattr(delta_generator.env_util, "is_repl", lambda: 1 / 0)
    compat.mend()
    delta_generator._maybe_print_use_warning()
