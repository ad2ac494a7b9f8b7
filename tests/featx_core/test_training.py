"""The loop that all training shares: what it gives, what ends it, what it keeps."""

import dataclasses
import itertools
import random

import numpy as np
import pytest

from featx_core.keras_setup import load_keras
from featx_core.methods import Pretrained
from featx_core.progress import Cancelled, Stages
from featx_core.training import (
    ArrayBatches,
    Epoch,
    History,
    Learned,
    Record,
    TrainingError,
    assign_arrays,
    find_record,
    fit,
    learn_once,
    read_arrays,
    record_of_weights,
    seeded,
    training_key,
    write_arrays,
)

INPUTS = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
TARGETS = (INPUTS @ np.array([[1.0], [-2.0], [0.5]], np.float32)).astype(np.float32)


def line(learning_rate=0.1, *, momentum=0.0):
    keras = load_keras()
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(learning_rate, momentum=momentum), loss="mse")
    return model


def batches(seed=3, **options):
    return ArrayBatches(INPUTS, TARGETS, batch_size=8, seed=seed, **options)


def trained(**options):
    with seeded(5):
        model = line()
        history = fit(model, batches(), **{"epochs": 3, "report": Stages(), **options})
    return model, history


class CancelAt:
    """A report that cancels at one step."""

    def __init__(self, step):
        self.step, self.stages = step, []

    def stage(self, name, *, limit_seconds=None):
        self.stages.append(name)

    def __call__(self, done, total):
        if done >= self.step:
            raise Cancelled


def test_it_learns_a_line_that_is_known():
    model, history = trained(epochs=20)
    kernel, bias = model.get_weights()
    assert np.allclose(kernel.ravel(), [1, -2, 0.5], atol=1e-3)
    assert abs(bias[0]) < 1e-3
    assert history.ending == "finished"
    assert len(history.epochs) == 20


def test_one_epoch_is_gradient_descent_by_hand():
    with seeded(1):
        model = line(0.05)
        kernel, bias = model.get_weights()
        history = fit(model, batches(), epochs=1, report=Stages())
    losses = []
    for inputs, targets, _ in batches().epoch(0):
        residual = inputs @ kernel + bias - targets
        losses.append(float(np.mean(residual**2)))
        kernel = kernel - 0.05 * 2 * inputs.T @ residual / len(inputs)
        bias = bias - 0.05 * 2 * residual.mean(axis=0)
    assert np.allclose(model.get_weights()[0], kernel, atol=1e-6)
    assert history.epochs[0].metrics["loss"] == pytest.approx(np.mean(losses), rel=1e-5)


def test_a_seed_repeats_bit_for_bit_and_another_differs():
    first, second = trained()[0].get_weights(), trained()[0].get_weights()
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))
    with seeded(5):
        same = line().get_weights()[0]
    with seeded(6):
        assert not np.array_equal(line().get_weights()[0], same)


def test_generators_of_the_process_are_left_as_they_were():
    def states():
        return random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002 - the generator that Keras seeds

    before = states()
    with seeded(5):
        assert states() != before
    assert states() == before


def test_every_epoch_has_its_own_order_and_all_examples():
    numbers = np.arange(10, dtype=np.float32)[:, None]
    made = ArrayBatches(numbers, batch_size=4, seed=1)
    first, second, again = (np.concatenate([batch[0] for batch in made.epoch(n)]).ravel() for n in (0, 1, 0))
    assert len(made) == 3
    assert sorted(first) == sorted(second) == list(range(10))
    assert not np.array_equal(first, second)
    assert np.array_equal(first, again)
    assert [len(batch[0]) for batch in made.epoch(0)] == [4, 4, 2]


def test_inputs_may_be_changed_on_the_way():
    made = ArrayBatches(INPUTS, batch_size=40, change=lambda inputs, rows, epoch: inputs + rows[:, None] + 100 * epoch)
    assert np.allclose(next(made.epoch(2))[0], INPUTS + np.arange(40)[:, None] + 200)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((INPUTS[:0],), {"batch_size": 2}, "at least 1. Received: \\[0\\]"),
        ((INPUTS, TARGETS[:3]), {"batch_size": 2}, "one length"),
        ((INPUTS,), {"batch_size": 0}, "`batch_size` must be at least 1"),
    ],
)
def test_impossible_batches_are_refused(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        ArrayBatches(*arguments, **options)


def test_validation_is_the_loss_on_other_examples():
    others = ArrayBatches(INPUTS[:7] + 1, TARGETS[:7], batch_size=3)
    model, history = trained(epochs=2, validation=others)
    predicted = model.predict(INPUTS[:7] + 1, verbose=0)
    assert history.best == 1
    assert history.epochs[1].metrics["val_loss"] == pytest.approx(np.mean((predicted - TARGETS[:7]) ** 2), rel=1e-4)


def test_the_weights_of_the_best_epoch_are_kept():
    wrong = ArrayBatches(INPUTS, -TARGETS, batch_size=40)  # the better it learns, the worse this gets
    seen = []
    with seeded(5):
        model = line(0.02)
        history = fit(
            model,
            batches(),
            epochs=20,
            report=Stages(),
            validation=wrong,
            patience=4,
            on_epoch=lambda known: seen.append((known, model.get_weights()[0].copy())),
        )
    assert history.ending == "settled"
    assert len(history.epochs) == history.best + 5
    assert [len(known.epochs) for known, _ in seen] == list(range(1, len(seen) + 1))
    assert np.array_equal(model.get_weights()[0], seen[history.best][1])
    assert not np.array_equal(model.get_weights()[0], seen[-1][1])


def test_what_was_there_before_is_kept_if_nothing_is_better():
    with seeded(5):
        model = line(0.02)
        model.set_weights([np.array([[1.0], [-2.0], [0.5]]), np.zeros(1)])
        wrong = ArrayBatches(INPUTS, TARGETS + 3, batch_size=8, seed=0)
        right = ArrayBatches(INPUTS, TARGETS, batch_size=8)
        history = fit(model, wrong, epochs=2, report=Stages(), validation=right, counts_start=True)
    assert history.best == -1
    assert np.array_equal(model.get_weights()[0].ravel(), np.array([1, -2, 0.5], np.float32))


def test_a_loss_that_is_no_number_stops_it_and_the_last_good_epoch_is_kept():
    poisoned = INPUTS.copy()

    def poison(inputs, rows, epoch):
        return inputs * np.nan if epoch == 2 else inputs

    with seeded(5):
        model = line()
        made = ArrayBatches(poisoned, TARGETS, batch_size=8, seed=3, change=poison)
        history = fit(model, made, epochs=9, report=Stages())
    assert history.ending == "diverged"
    assert len(history.epochs) == 2
    assert all(np.array_equal(*pair) for pair in zip(model.get_weights(), trained(epochs=2)[0].get_weights()))  # noqa: B905


def test_a_huge_learning_rate_is_named():
    with seeded(5):
        model = line(1e30)
        with pytest.raises(
            TrainingError, match=r"no longer a number, so nothing was learned. Choose a smaller learning"
        ):
            fit(model, batches(), epochs=3, report=Stages())


def test_cancel_keeps_the_best_epoch():
    report = CancelAt(12)  # in the third epoch of 5 batches
    model, history = trained(epochs=9, report=report, stage="Training the head")
    assert history.ending == "cancelled"
    assert len(history.epochs) == 2
    assert report.stages == ["Training the head"]
    assert all(np.array_equal(*pair) for pair in zip(model.get_weights(), trained(epochs=2)[0].get_weights()))  # noqa: B905


def test_cancel_before_the_first_epoch_keeps_nothing():
    with pytest.raises(Cancelled):
        trained(report=CancelAt(3))


def test_the_time_limit_ends_it_after_the_first_epoch_at_the_earliest():
    _, history = trained(epochs=9, max_seconds=0)
    assert history.ending == "time"
    assert len(history.epochs) == 1


def test_a_model_with_a_loss_of_its_own_is_trained_too():
    keras = load_keras()

    class Shrinking(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, inputs, training=False):
            return self.dense(inputs)

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean(y_pred**2)

    with seeded(2):
        model = Shrinking()
        model.compile(optimizer=keras.optimizers.SGD(0.1))
        history = fit(model, ArrayBatches(INPUTS, batch_size=8, seed=1), epochs=5, report=Stages())
    losses = [epoch.metrics["loss"] for epoch in history.epochs]
    assert losses == sorted(losses, reverse=True)


def test_arrays_there_and_back_as_equal_bytes():
    arrays = [np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(4, np.float32)]
    content = write_arrays(arrays)
    assert content == write_arrays([array.copy() for array in arrays])
    assert all(np.array_equal(*pair) for pair in zip(read_arrays(content), arrays, strict=True))
    with pytest.raises(ValueError, match="no file of learned weights"):
        read_arrays(b"something else")
    with pytest.raises(ValueError, match="no file of learned weights"):
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
    with pytest.raises(ValueError, match="no history"):
        History.from_fields({"epochs": [{"x": 1}]})


SPEC = Pretrained("mobilenet_v3_small", weights="random", image_size=(32, 32))
LEARNED = Learned([np.ones(2, np.float32)], History((Epoch("head", {"loss": 1.0}, 0.1),), 0, "finished"), {"n": 1})


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
        assert find_record(workspace, "training:k") == Record(History())
        watch(LEARNED.history)
        return LEARNED

    weights = learn_once(workspace, "training:k", "head", learn)
    assert weights == learn_once(workspace, "training:k", "head", learn)
    record = find_record(workspace, "training:k")
    assert record == record_of_weights(workspace, weights) == Record(LEARNED.history, weights, {"n": 1})
    assert np.array_equal(read_arrays(workspace.artefact(weights[5:]))[0], np.ones(2))


def test_a_cancelled_training_keeps_its_weights_and_is_done_again(workspace):
    cancelled = dataclasses.replace(LEARNED, history=dataclasses.replace(LEARNED.history, ending="cancelled"))
    with pytest.raises(Cancelled):
        learn_once(workspace, "training:k", "head", lambda watch: cancelled)
    record = find_record(workspace, "training:k")
    assert not record.is_whole
    assert workspace.artefact(record.weights[5:])
    assert learn_once(workspace, "training:k", "head", lambda watch: LEARNED) == record.weights
    assert find_record(workspace, "training:k").is_whole


def test_weights_are_kept_on_the_way_and_replaced_at_the_end(workspace, monkeypatch):
    monkeypatch.setattr("featx_core.training.record.SECONDS_BETWEEN_KEEPS", -1.0)

    def learn(live):
        for number in (1, 2):
            learned = Learned([np.full(2, number, np.float32)], History(LEARNED.history.epochs, 0))
            live.keep(lambda: learned)  # noqa: B023 - called at once
            record = find_record(workspace, "training:k")
            assert not record.is_whole
            assert read_arrays(workspace.artefact(record.weights[5:]))[0][0] == number
            assert list(workspace.artefacts()) == [record.weights[5:]]
            live(LEARNED.history)
        return LEARNED

    weights = learn_once(workspace, "training:k", "head", learn)
    assert list(workspace.artefacts()) == [weights[5:]]
    assert find_record(workspace, "training:k").is_whole


def test_weights_of_another_training_are_left_alone(workspace):
    first = learn_once(workspace, "training:k", "head", lambda live: LEARNED)
    more = dataclasses.replace(LEARNED, arrays=[np.zeros(3, np.float32)])

    def learn(live):
        live.keep(lambda: dataclasses.replace(LEARNED, history=History(LEARNED.history.epochs, 0)), at_once=True)
        return more

    second = learn_once(workspace, "training:other", "head", learn)
    assert set(workspace.artefacts()) == {first[5:], second[5:]}
    assert record_of_weights(workspace, first).is_whole


def test_weights_are_not_kept_too_often(workspace):
    def learn(live):
        live.keep(lambda: pytest.fail("kept within the first seconds"))
        return LEARNED

    learn_once(workspace, "training:k", "head", learn)


def test_a_damaged_record_counts_as_none(workspace):
    workspace.put_result("training:k", b"{}")
    assert find_record(workspace, "training:k") is None
    assert find_record(workspace, "training:other") is None
