"""Moto's generator of ids, by a seed for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from moto.moto_api._internal import mock_random


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Then as it was: a call may be under way, whose ids come of a seed of its own."""
    before = mock_random.getstate()
    mock_random.seed(seed)
    try:
        yield
    finally:
        mock_random.setstate(before)
