"""Asking many at once: in order, at once, errors and nothing to ask."""

import threading
import time

import pytest

from infra import parallel


def test_answers_come_in_the_order_of_the_items() -> None:
    def ask(number: int) -> str:
        time.sleep(0.01 * (3 - number))
        return str(number)

    assert parallel.answers([0, 1, 2], ask) == ["0", "1", "2"]
    assert list(parallel.by_item((2, 0), ask).items()) == [(2, "2"), (0, "0")]
    assert parallel.found(range(3), lambda n: [n] * n) == [1, 2, 2]


def test_all_are_asked_at_once() -> None:
    together = threading.Barrier(6, timeout=10)
    parallel.answers(range(6), lambda _: together.wait())


def test_no_more_than_wanted_are_asked_at_once() -> None:
    now, most, lock = 0, 0, threading.Lock()

    def ask(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1

    parallel.answers(range(6), ask, at_most=2)
    assert most == 2


def test_nothing_to_ask_has_no_answers() -> None:
    assert parallel.answers([], str) == []
    assert parallel.by_item([], str) == {}


def test_the_first_items_error_is_raised_when_all_have_answered() -> None:
    done: list[int] = []

    def ask(number: int) -> None:
        if number < 2:
            raise ValueError(str(number))
        time.sleep(0.02)
        done.append(number)

    with pytest.raises(ValueError, match="0"):
        parallel.answers(range(3), ask)
    assert done == [2]
