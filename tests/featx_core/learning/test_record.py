"""What is kept of a training: weights, history, and that it is not done again."""

import dataclasses
import itertools

import numpy as np
import pytest

from featx_core.base.progress import Cancelled
from featx_core.learning.history import Epoch, History
from featx_core.learning.record import (
    TrainedWeights,
    TrainingRecord,
    find_record,
    record_of_weights,
    train_once,
    training_key,
)
from featx_core.learning.weight_arrays import assign_arrays, read_arrays, write_arrays
from featx_core.specs.pretrained import Pretrained
from tests.toys.line_training import line


def test_arrays_there_and_back_as_equal_bytes():
    arrays = [np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(4, np.float32)]
    content = write_arrays(arrays)
    assert content == write_arrays([array.copy() for array in arrays])
    assert all(np.array_equal(*pair) for pair in zip(read_arrays(content), arrays, strict=True))
    with pytest.raises(ValueError, match="not a file of trained weights"):
        read_arrays(b"something else")
    with pytest.raises(ValueError, match="not a file of trained weights"):
        read_arrays(content[:60])


def test_arrays_of_another_network_change_nothing():
    model = line()
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"with shapes \[\(3, 1\), \(1,\)\] \(2\). Received: \[\(4, 1\), \(1,\)\]"):
        assign_arrays(model.weights, [np.zeros((4, 1)), np.zeros(1)])
    assert np.array_equal(model.get_weights()[0], before[0])
    assign_arrays(model.weights, [np.ones((3, 1)), np.zeros(1)])
    assert model.get_weights()[0].sum() == 3


def test_histories_join_and_read_back():
    one = History((Epoch("head", {"loss": 2.0}, 0.5), Epoch("head", {"loss": 1.0}, 0.5)), 1, "finished")
    two = History((Epoch("all", {"loss": 0.5, "val_loss": 3.0}, 2.0),), 0, "settled")
    both = one.then(two)
    assert (both.best, both.ending, both.seconds, both.phases) == (2, "settled", 3.0, ("head", "all"))
    assert one.then(dataclasses.replace(two, best=-1)).best == 1
    assert both.curve("val_loss") == [(3, 3.0)]
    assert History.from_fields(both.to_fields()) == both
    with pytest.raises(ValueError, match="not the history"):
        History.from_fields({"epochs": [{"x": 1}]})


SPEC = Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))


LEARNED = TrainedWeights(
    [np.ones(2, np.float32)], History((Epoch("head", {"loss": 1.0}, 0.1),), 0, "finished"), {"n": 1}
)


def test_the_key_changes_with_what_was_asked_images_and_labels(workspace):
    key = training_key(SPEC, workspace.images())
    assert key == training_key(SPEC, workspace.images())
    assert key != training_key(dataclasses.replace(SPEC, seed=1), workspace.images())
    assert key != training_key(SPEC, workspace.images()[:-1])
    workspace.set_labels({workspace.images()[0].name: "another"})
    assert key != training_key(SPEC, workspace.images())


def test_training_is_done_once(workspace):
    calls = itertools.count(1)

    def learn(watch):
        assert next(calls) == 1
        assert find_record(workspace, "training:k") == TrainingRecord(History())
        watch(LEARNED.history)
        return LEARNED

    weights = train_once(workspace, "training:k", "head", learn)
    assert weights == train_once(workspace, "training:k", "head", learn)
    record = find_record(workspace, "training:k")
    assert record == record_of_weights(workspace, weights) == TrainingRecord(LEARNED.history, weights, {"n": 1})
    assert np.array_equal(read_arrays(workspace.artefact(weights[5:]))[0], np.ones(2))


def test_a_cancelled_training_keeps_its_weights_and_is_done_again(workspace):
    cancelled = dataclasses.replace(LEARNED, history=dataclasses.replace(LEARNED.history, ending="cancelled"))
    with pytest.raises(Cancelled):
        train_once(workspace, "training:k", "head", lambda watch: cancelled)
    record = find_record(workspace, "training:k")
    assert not record.is_whole
    assert workspace.artefact(record.weights[5:])
    assert train_once(workspace, "training:k", "head", lambda watch: LEARNED) == record.weights
    assert find_record(workspace, "training:k").is_whole


def test_weights_are_kept_on_the_way_and_replaced_at_the_end(workspace, monkeypatch):
    monkeypatch.setattr("featx_core.learning.record.SECONDS_BETWEEN_KEEPS", -1.0)

    def learn(live):
        for number in (1, 2):
            learned = TrainedWeights([np.full(2, number, np.float32)], History(LEARNED.history.epochs, 0))
            live.keep(lambda: learned)  # noqa: B023 - called at once
            record = find_record(workspace, "training:k")
            assert not record.is_whole
            assert read_arrays(workspace.artefact(record.weights[5:]))[0][0] == number
            assert list(workspace.artefacts()) == [record.weights[5:]]
            live(LEARNED.history)
        return LEARNED

    weights = train_once(workspace, "training:k", "head", learn)
    assert list(workspace.artefacts()) == [weights[5:]]
    assert find_record(workspace, "training:k").is_whole


def test_weights_of_another_training_are_left_alone(workspace):
    first = train_once(workspace, "training:k", "head", lambda live: LEARNED)
    more = dataclasses.replace(LEARNED, arrays=[np.zeros(3, np.float32)])

    def learn(live):
        live.keep(lambda: dataclasses.replace(LEARNED, history=History(LEARNED.history.epochs, 0)), at_once=True)
        return more

    second = train_once(workspace, "training:other", "head", learn)
    assert set(workspace.artefacts()) == {first[5:], second[5:]}
    assert record_of_weights(workspace, first).is_whole


def test_weights_are_not_kept_too_often(workspace):
    def learn(live):
        live.keep(lambda: pytest.fail("kept within the first seconds"))
        return LEARNED

    train_once(workspace, "training:k", "head", learn)


def test_a_damaged_record_counts_as_none(workspace):
    workspace.put_result("training:k", b"{}")
    assert find_record(workspace, "training:k") is None
    assert find_record(workspace, "training:other") is None
