"""The same question to several machines, servers or files at once.

An answer takes most of its time on the way: one after the other, six machines take six times as
long. The first error, in the order of ``items``, is raised when all have answered.
"""

from collections.abc import Callable, Collection, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


def answers(
    items: Collection[Item], ask: Callable[[Item], Found], *, at_most: int = 0
) -> list[Found]:
    """What ``ask`` returned, in the order of ``items``; ``at_most`` so many at once, 0 for all."""
    if not items:
        return []
    with ThreadPoolExecutor(at_most or len(items)) as pool:
        return list(pool.map(ask, items))


def by_item(
    items: Collection[Key], ask: Callable[[Key], Found], *, at_most: int = 0
) -> dict[Key, Found]:
    """What ``ask`` returned, by what it was asked of; ``at_most`` as above."""
    return dict(zip(items, answers(items, ask, at_most=at_most), strict=True))


def found(items: Collection[Item], ask: Callable[[Item], Iterable[Found]]) -> list[Found]:
    """All that was found anywhere, in the order of ``items``."""
    return [one for some in answers(items, ask) for one in some]
