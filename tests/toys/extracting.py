"""What the Extract page shows, and what it asks of the worker."""

from featx_core.specs.registry import spec_from_json
from tests.toys.visiting import element


def set_up(visitor, **widgets):
    for key, value in widgets.items():
        element(visitor, key).set_value(value)
        visitor.run()
    return visitor


def words_of(visitor):
    return visitor.words.replace("\\", "")


def sentence(visitor):
    return [text.value.replace("\\", "") for text in visitor.tab.main.markdown]


def chain(visitor):
    return visitor.tab.code[0].value


def asked(worker):
    job = worker.jobs()[-1]
    return spec_from_json(job.parameters["spec"]), job.parameters["batch_size"]
