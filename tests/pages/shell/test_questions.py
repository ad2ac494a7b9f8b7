"""Questions to the worker that get no answer: said once, asked again when a user wants it, and never by themselves."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import ClassVar

import pytest

from featx_core.worker.jobs import JobRefusedError, TaskFailedError, WorkerLostError
from pages._ui.shell import jobs, questions
from pages._ui.shell.formatting import escape
from pages._ui.shell.questions import NoAnswerError
from tests.toys.app.visiting import PATIENCE, nodes
from tests.toys.worker.supervising import eventually

NO_ANSWER = "There was no answer within 120 s: the computer is busy. Try again in a moment."


@pytest.fixture(autouse=True)
def nothing_asked(monkeypatch):
    monkeypatch.setattr(questions, "_asked", type(questions._asked)())


class Asked:
    """Stands before the worker's answers: lets them fail, and counts."""

    def __init__(self, worker):
        self.n = 0
        self.problem = None
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._ask = worker.ask

    def __call__(self, *arguments, **options):
        self.n += 1
        assert self.may_answer.wait(PATIENCE)
        if self.problem is not None:
            raise self.problem
        return self._ask(*arguments, **options)


@pytest.fixture
def asked(worker, monkeypatch):
    made = Asked(worker)
    monkeypatch.setattr(worker, "ask", made)
    yield made
    made.may_answer.set()


@pytest.fixture
def token(shelve, make_png):
    return shelve([("a.png", make_png(1)), ("b.png", make_png(2))])


@pytest.mark.parametrize(
    "problem", [TimeoutError(NO_ANSWER), JobRefusedError("The server is busy."), WorkerLostError("It stopped (ref A).")]
)
def test_extract_says_once_why_there_is_no_answer_and_asks_again_when_told_to(visit, token, asked, problem):
    asked.problem = problem
    visitor = visit(token).open("extract")
    assert [warning.value for warning in visitor.tab.warning] == [escape(str(problem))]
    assert visitor.buttons.count("Try again") == 1
    assert not visitor.tab.code
    for _ in range(3):
        visitor.run()
    assert asked.n == 1
    asked.problem = None
    visitor.press("Try again")
    assert visitor.tab.code
    assert not visitor.tab.warning
    assert "Try again" not in visitor.buttons
    assert visitor.has_no_fault


def test_heatmaps_go_on_without_the_layers(visit, extracted, asked):
    asked.problem = TimeoutError(NO_ANSWER)
    visitor = visit(extracted).open("heatmaps")
    assert [warning.value for warning in visitor.tab.warning] == [escape(NO_ANSWER)]
    assert "Layer" not in [box.label for box in visitor.tab.selectbox]
    assert [node for node in nodes(visitor.tab.main) if type(node).__name__ == "Image"]
    asked.problem = None
    visitor.press("Try again")
    assert "Layer" in [box.label for box in visitor.tab.selectbox]


def test_a_second_visitor_reads_of_the_failure_without_waiting_for_it_again(visit, token, shelve, make_png, asked):
    asked.problem = TimeoutError(NO_ANSWER)
    visit(token).open("extract")
    visitor = visit(shelve([("c.png", make_png(3))])).open("extract")
    assert [warning.value for warning in visitor.tab.warning] == [escape(NO_ANSWER)]
    assert asked.n == 1


def test_a_failure_is_asked_again_by_those_who_come_later(visit, token, asked, monkeypatch):
    asked.problem = TimeoutError(NO_ANSWER)
    visit(token).open("extract")
    monkeypatch.setattr(questions, "FAILED_SECONDS", -1.0)
    asked.problem = None
    assert visit(token).open("extract").tab.code


def test_a_page_does_not_wait_and_says_what_is_going_on(visit, token, asked, worker, monkeypatch):
    monkeypatch.setattr(questions, "PATIENCE", 0.01)
    asked.may_answer.clear()
    worker.why_waiting = "Loading TensorFlow, 40 s so far; only at the first run"
    visitor = visit(token).open("extract")
    assert "Loading TensorFlow, 40 s so far; only at the first run." in [each.value for each in visitor.tab.caption]
    worker.why_waiting = None
    monkeypatch.setattr(questions, "_WORTH_A_WORD", 0.0)
    assert "Waiting for an answer, 1 s so far." in [each.value for each in visitor.run().tab.caption]
    asked.may_answer.set()
    visitor.until(lambda visitor: visitor.tab.code)
    assert visitor.has_no_fault


@dataclass(frozen=True)
class Question:
    """A question of no meaning."""

    n: int = 0
    task: ClassVar[str] = "outline"

    def to_parameters(self):
        return {"n": self.n}


class Worker:
    """Answers a question with what the test laid down: an exception is raised, anything else given."""

    def __init__(self, *answers, why_waiting=()):
        self.answers = list(answers)
        self.reasons = list(why_waiting)

    @property
    def why_waiting(self):
        return self.reasons.pop(0) if self.reasons else None

    def ask(self, task, parameters, *, timeout, workspace_path):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def fetch(monkeypatch, worker):
    monkeypatch.setattr(jobs, "supervisor", lambda: worker)
    return questions.fetch(Question())


@pytest.mark.parametrize("reasons", [["Loading.", None], [None, "Loading."]])
def test_the_time_in_which_the_worker_is_loaded_does_not_count(monkeypatch, reasons):
    worker = Worker(TimeoutError(NO_ANSWER), "an answer", why_waiting=reasons)
    assert fetch(monkeypatch, worker) == "an answer"


def test_a_worker_that_is_there_and_does_not_answer_is_asked_once(monkeypatch):
    worker = Worker(TimeoutError(NO_ANSWER), "an answer")
    for _ in range(2):
        with pytest.raises(NoAnswerError, match="no answer within 120 s"):
            fetch(monkeypatch, worker)
    assert worker.answers == ["an answer"]


def test_what_the_task_itself_says_is_asked_anew_each_time(monkeypatch):
    worker = Worker(TaskFailedError("There is no layer 900."), "an answer")
    with pytest.raises(TaskFailedError, match=r"There is no layer 900\."):
        fetch(monkeypatch, worker)
    assert fetch(monkeypatch, worker) == "an answer"


def test_old_answers_make_room_and_open_questions_stay(monkeypatch):
    monkeypatch.setattr(questions, "_KEPT", 2)
    monkeypatch.setattr(questions, "PATIENCE", 0.0)
    monkeypatch.setattr(questions.fragments, "draw", lambda part, run_every: lambda key, is_first: None)
    answers = [Future() for _ in range(4)]

    class Slow(Worker):
        def ask(self, task, parameters, *, timeout, workspace_path):
            return answers[parameters["n"]].result(PATIENCE)

    monkeypatch.setattr(jobs, "supervisor", Slow)
    for n in range(3):
        assert questions.fetch(Question(n)) is None
    assert len(questions._asked) == 3
    answers[1].set_result("one")
    assert eventually(lambda: sum(not question.is_open for question in questions._asked.values()) == 1)
    assert questions.fetch(Question(3)) is None
    assert len(questions._asked) == 3
    for n in (0, 2, 3):
        answers[n].set_result(n)
    assert eventually(lambda: not any(question.is_open for question in questions._asked.values()))
    assert [questions.fetch(Question(n)) for n in (0, 2, 3)] == [0, 2, 3]
