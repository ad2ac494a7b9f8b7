"""The loop that all training shares: what it gives, what ends it, what it keeps."""

import random

import numpy as np
import pytest

from featx_core.base.keras_setup import load_keras
from featx_core.base.progress import Cancelled, Stages
from featx_core.learning.batches import ArrayBatches
from featx_core.learning.loop import TrainingError, fit
from featx_core.learning.seeding import seeded
from tests.toys.line_training import INPUTS, TARGETS, CancelAt, batches, line, trained


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
        with pytest.raises(TrainingError, match=r"became NaN, so nothing was learned. Choose a smaller learning"):
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
