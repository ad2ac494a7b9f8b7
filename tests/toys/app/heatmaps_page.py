"""What tests of the Heatmaps page do and look at."""

from featx_core.tasks.requests import StudyJob
from pages._ui.images.choice import Kept
from tests.toys.app.visiting import element, nodes


def set_up(visitor, **widgets):
    for key, value in widgets.items():
        element(visitor, key).set_value(value)
        visitor.run()
    return visitor.run()


def choose(visitor, *names):
    visitor.tab.session_state["chosen_heatmaps"] = Kept(names, 7)
    return visitor.run()


def pictures(visitor):
    found = [node.proto.imgs[0].alt for node in nodes(visitor.tab.main) if type(node).__name__ == "Image"]
    return [alt for alt in found if ":" in alt]


def last_asked(worker):
    """Return the heatmaps that were asked for last."""
    return StudyJob.from_parameters(worker.jobs()[-1].parameters).studies
