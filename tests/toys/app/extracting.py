"""What the Extract page shows, and what it asks of the worker."""

from featx_core.tasks.requests import ExtractJob
from tests.toys.app.visiting import element


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


def all_asked(worker):
    """List the extractions that were asked for."""
    return [ExtractJob.from_parameters(job.parameters) for job in worker.jobs() if job.task == ExtractJob.task]


def asked(worker):
    """Return the spec and the batch size of the last extraction that was asked for."""
    last = all_asked(worker)[-1]
    return last.spec, last.batch_size
