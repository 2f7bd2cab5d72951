"""The footprint of a scenario: from its tags to what it holds while it runs."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from infra.footprints.footprint_tags import (
    A_WORKER,
    CHANGES,
    DRIVER,
    IGNORABLE,
    IGNORES,
    IMPLIED,
    MEANINGS,
    RELIES_ON,
    WORKERS,
    UnknownFootprint,
    resources,
)


@dataclass(frozen=True)
class Footprint:
    """Words of infra/footprints/footprint_tags.py.

    Tags of a Feature are those of its scenarios too: one that changes what the others rely on says
    just that, and holds it alone.
    """

    changes: frozenset[str] = frozenset()
    relies_on: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()

    @property
    def lane(self) -> str:
        """Who changes something runs between two looks at what it holds."""
        return "disruptive" if self.changes else "parallel"

    @cached_property
    def is_alone(self) -> bool:
        """It changes what every scenario relies on."""
        return any(name in IMPLIED for name in self.exclusive)

    @cached_property
    def exclusive(self) -> frozenset[str]:
        """Resources by name that it holds alone."""
        return frozenset(name for word in self.changes for name in resources(word))

    @cached_property
    def shared(self) -> frozenset[str]:
        """Resources by name that it shares."""
        named = {name for word in self.relies_on for name in resources(word)}
        return (frozenset(IMPLIED) | named) - self.exclusive

    @cached_property
    def uses_driver(self) -> bool:
        """The EBS CSI driver, which comes for those who use it."""
        return DRIVER in self.exclusive | self.shared

    @property
    def takes_a_worker(self) -> bool:
        """One worker alone, whichever."""
        return A_WORKER in self.changes

    @property
    def shares_a_worker(self) -> bool:
        """One worker with others, whichever: also who says nothing of workers."""
        named = any(name in WORKERS for name in self.exclusive | self.shared)
        implied = not named and not self.takes_a_worker and "workers" not in self.ignores
        return implied or A_WORKER in self.relies_on


def of_tags(tags: Iterable[str]) -> Footprint:
    """Errors: UnknownFootprint naming the tag."""
    found: dict[str, set[str]] = {CHANGES: set(), RELIES_ON: set(), IGNORES: set()}
    for tag in tags:
        for prefix, words in found.items():
            if tag.startswith(prefix):
                words.add(known(tag, prefix))
    footprint = Footprint(*map(frozenset, found.values()))
    if problem := contradiction(footprint):
        raise UnknownFootprint(problem)
    return footprint


def known(tag: str, prefix: str) -> str:
    word = tag.removeprefix(prefix)
    words: Collection[str] = IGNORABLE if prefix == IGNORES else MEANINGS
    if word not in words:
        choice = ", ".join(words)
        raise UnknownFootprint(f"@{tag}: no such word; after {prefix} stands one of: {choice}")
    return word


def contradiction(footprint: Footprint) -> str:
    """Words that cannot be meant together; empty when there are none."""
    workers = (footprint.exclusive | footprint.shared) & frozenset(WORKERS)
    takes = bool(workers) or A_WORKER in footprint.changes | footprint.relies_on
    if takes and "workers" in footprint.ignores:
        return f"@{IGNORES}workers, and yet it names a worker"
    if footprint.takes_a_worker and footprint.exclusive & frozenset(WORKERS):
        return f"@{CHANGES}{A_WORKER} and a worker by name: say which ones it changes"
    return ""
