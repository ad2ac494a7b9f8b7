"""Work on several threads."""

import time

import pytest

from featx_core.base.threads import in_threads


def test_results_come_in_order_with_one_thread_of_linear_algebra():
    from threadpoolctl import threadpool_info

    def work(seconds):
        time.sleep(seconds)
        return seconds, {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}

    assert list(in_threads(work, [0.05, 0.0, 0.02], threads=3)) == [(0.05, {1}), (0.0, {1}), (0.02, {1})]


def test_an_error_goes_through():
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda number: 1 / number, [1, 0, 2]))
