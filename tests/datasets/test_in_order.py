"""Work on several things at once, with the results in order."""

import threading
import time

import pytest

from suite.datasets.in_order import in_order


def test_results_come_in_order_whoever_is_done_first():
    def work(thing: int) -> int:
        time.sleep(0.02 if thing % 3 == 0 else 0)
        return thing * thing

    assert list(in_order(work, range(20), 4, ahead=8)) == [thing * thing for thing in range(20)]


def test_the_first_failure_in_order_is_raised_and_the_rest_is_not_begun():
    begun = []

    def work(thing: int) -> int:
        begun.append(thing)
        if thing == 2:
            time.sleep(0.05)
        if thing >= 2:
            raise ValueError(thing)
        return thing

    with pytest.raises(ValueError, match="2"):
        list(in_order(work, range(1000), 2, ahead=4))
    assert len(begun) < 10


def test_few_things_are_begun_before_they_are_asked_for():
    begun, lock = [], threading.Lock()

    def work(thing: int) -> int:
        with lock:
            begun.append(thing)
        return thing

    results = in_order(work, range(1000), 2, ahead=4)
    assert next(results) == 0
    time.sleep(0.05)
    assert len(begun) <= 6
    results.close()
    assert len(begun) <= 6
