"""The table of jobs and the light requests, without any process."""

import pytest

from featx_core.worker import keys
from featx_core.worker.jobs import JobRefusedError, Limits, TaskFailedError
from featx_core.worker.questions import Questions
from featx_core.worker.queue import KEPT_FINISHED, JobQueue


class Clock:
    """A clock that the test sets."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def table(clock):
    return JobQueue(Limits(), clock)


def add(table, n, owner="ada", task="extract"):
    return table.submit(task, "/a.featx", {"n": n}, f"job {n}", owner)


def test_table_joins_owners_and_lets_one_leave(table):
    record = add(table, 1)
    assert add(table, 1, owner="bob") is record
    assert table.leave(record.key, "carol") is False
    assert table.leave(record.key, "ada") is False
    assert table.snapshot(record.key).owners == ("bob",)
    assert table.snapshot(record.key).state == "waiting"
    assert table.leave(record.key, "bob") is False
    assert table.snapshot(record.key).state == "cancelled"
    assert table.waiting == []


def test_table_tells_when_the_running_job_is_to_stop(table):
    record = add(table, 1)
    assert table.start_next() is record
    assert table.start_next() is None
    assert table.leave(record.key, "ada") is True
    assert table.running is None
    table.end(record, "done", result={})
    assert table.snapshot(record.key).state == "cancelled"


def test_table_counts_unfinished_jobs_of_an_owner(table):
    records = [add(table, n) for n in range(4)]
    with pytest.raises(JobRefusedError, match="You have 4 computations running or waiting already"):
        add(table, 4)
    shared = add(table, 5, owner="bob")
    with pytest.raises(JobRefusedError, match="You have 4 computations"):
        add(table, 5)
    assert shared.owners == ["bob"]
    table.leave(records[0].key, "ada")
    assert add(table, 5) is shared


def test_table_takes_four_jobs_of_each_of_forty_owners_and_refuses_when_two_hundred_wait(table):
    for n in range(160):
        add(table, n, owner=str(n // 4))
    for n in range(160, 200):
        add(table, n, owner=str(n))
    with pytest.raises(JobRefusedError, match=r"The server is busy; your files are kept\."):
        add(table, 200)
    table.start_next()
    assert table.snapshot(add(table, 200).key).position == 80  # behind the first jobs of all, before their second ones


def test_table_estimates_the_end_of_the_running_job_from_its_pace(table, clock):
    record = add(table, 1)
    table.start_next()
    assert table.snapshot(record.key).seconds_left is None
    record.advance("Extracting", 0, 0, clock())
    record.advance("Extracting", 100, 240, clock())
    assert table.snapshot(record.key).seconds_left is None
    clock.now += 10
    record.advance("Extracting", 140, 240, clock())
    assert table.snapshot(record.key).seconds_left == pytest.approx(25.0)
    clock.now += 5
    assert table.snapshot(record.key).seconds_left == pytest.approx(20.0)
    clock.now += 100
    assert table.snapshot(record.key).seconds_left == 0
    assert table.snapshot(record.key).share == pytest.approx(140 / 240)


def test_table_estimates_the_wait_from_what_jobs_took(table, clock):
    first = add(table, 1)
    table.start_next()
    clock.now += 8
    table.end(first, "done", result={"a": 1})
    keys_of = [add(table, n, owner=str(n)).key for n in (2, 3, 4)]
    strange = add(table, 5, owner="eve", task="train").key
    assert table.snapshot(keys_of[0]).seconds_left is None
    table.start_next()
    clock.now += 3
    waits = [table.snapshot(key).seconds_left for key in [*keys_of[1:], strange]]
    assert waits == [pytest.approx(5.0), pytest.approx(13.0), pytest.approx(21.0)]
    assert table.snapshot(add(table, 6).key).seconds_left is None
    assert [table.snapshot(key).ahead for key in keys_of] == [0, 1, 2]
    clock.now += 6  # the running job takes longer than the one before it: when it ends is not known
    assert [table.snapshot(key).seconds_left for key in [*keys_of[1:], strange]] == [None, None, None]


def test_table_says_why_a_job_waits_but_not_why_another_failed(table):
    failed, waiting = add(table, 1), add(table, 2)
    table.start_next()
    table.end(failed, "failed", message="It failed.", reference="AB12")
    assert table.snapshot(failed.key, why_waiting="Soon.").message == "It failed."
    assert table.snapshot(waiting.key, why_waiting="Soon.").message == "Soon."


def test_table_forgets_old_jobs_and_lists_new_ones_first(table):
    for n in range(KEPT_FINISHED + 10):
        table.end(add(table, n), "done", result={})
    assert len(table.keys()) == KEPT_FINISHED
    newest = table.snapshot(table.keys()[0])
    assert newest.parameters == {"n": KEPT_FINISHED + 9}
    assert table.snapshot(keys.job_key("extract", "/a.featx", {"n": 9})) is None
    assert table.keys("bob") == []


def test_a_job_that_was_put_back_is_the_next(table):
    first, second = add(table, 1), add(table, 2)
    table.start_next()
    first.advance("Extracting", 5, 10, 1.0)
    table.put_back(first)
    assert [record.key for record in table.waiting] == [first.key, second.key]
    job = table.snapshot(first.key)
    assert (job.state, job.stage, job.done, job.position) == ("waiting", "", 0, 1)


def test_asks_has_sent_twice_at_most_and_never_after_they_ended_a_worker():
    questions, sent = Questions(), []
    innocent, culprit = questions.add({"task": "a"}, 9), questions.add({"task": "b"}, 9)
    questions.send_all(sent.append, 0.0)
    questions.send_all(sent.append, 0.0)
    assert [message["task"] for message in sent] == ["a", "b"]
    questions.serve(culprit.number, 1.0)
    questions.worker_is_gone("It stopped.")
    with pytest.raises(TaskFailedError, match=r"It stopped\."):
        culprit.wait(0)
    questions.send_all(sent.append, 0.0)
    assert [message["task"] for message in sent] == ["a", "b", "a"]
    questions.worker_is_gone("It stopped.")
    with pytest.raises(TaskFailedError, match=r"It stopped\."):
        innocent.wait(0)


def order(table):
    found = []
    while (record := table.start_next()) is not None:
        found.append(record.title)
        table.end(record, "done")
    return found


def test_owners_take_turns(table):
    add(table, 1, owner="ada")
    table.start_next()
    for n, owner in ((2, "ada"), (3, "ada"), (4, "bob"), (5, "carol"), (6, "bob")):
        add(table, n, owner=owner)
    assert [record.title for record in table.waiting] == ["job 4", "job 5", "job 2", "job 6", "job 3"]
    table.end(table.running, "done")
    assert order(table) == ["job 4", "job 5", "job 2", "job 6", "job 3"]


def test_who_comes_later_does_not_go_before_those_whose_turn_it_is(table):
    for n in range(1, 4):
        add(table, n, owner="ada")
    table.start_next()
    table.end(table.running, "done")
    table.start_next()  # the second turn has begun
    add(table, 4, owner="bob")
    add(table, 5, owner="bob")
    assert [record.title for record in table.waiting] == ["job 4", "job 3", "job 5"]


def test_a_job_that_somebody_joins_waits_no_longer_than_a_new_one_of_theirs(table):
    add(table, 1, owner="ada")
    table.start_next()
    for n, owner in ((2, "ada"), (3, "ada"), (4, "carol")):
        add(table, n, owner=owner)
    add(table, 3, owner="bob")
    assert [record.title for record in table.waiting] == ["job 4", "job 3", "job 2"]
    assert len(table.waiting) == 3


def test_turns_begin_anew_when_there_was_nothing_to_do(table):
    for n in range(3):
        add(table, n, owner="ada")
    assert order(table) == ["job 0", "job 1", "job 2"]
    add(table, 3, owner="ada")
    add(table, 4, owner="bob")
    assert order(table) == ["job 3", "job 4"]


def test_each_job_that_ends_is_told_of_once():
    ended = []
    table = JobQueue(Limits(), on_end=ended.append)
    first, second = (table.submit("echo", None, {"n": n}, "", "ada") for n in range(2))
    table.start_next()
    assert table.leave(second.key, "ada") is False
    assert ended == [second.key]
    table.end(first, "done")
    table.end(first, "failed")
    assert ended == [second.key, first.key]
