"""Words with a type in step texts: times, durations, quantities, roles and quoted names.

``@then(phrase("within {limit:Duration} ..."))``. A Duration is unscaled seconds: pass it through
``infra.timing.scaled`` where it bounds a wait.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pytest_bdd import parsers

from infra import quantity
from infra.errors import ClaimError
from infra.inventory import Role
from infra.timing import scaled
from infra.wait import consistently, eventually

T = TypeVar("T")

UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0}


def duration(text: str) -> float:
    """Seconds of "40 s", "2 min" or "500 ms", unscaled."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) (ms|s|min)", text)
    if match is None:
        raise ValueError(f"not a duration: {text!r}; write 40 s or 2 min")
    return float(match[1]) * UNITS[match[2]]


@dataclass(frozen=True)
class Time:
    """When something must be so: ``within`` some seconds, ``for`` them (unscaled), or now."""

    word: str = ""
    seconds: float = 0.0

    def must(
        self, observe: Callable[[], T], until: Callable[[T], bool], *, what: str, every: float = 1.0
    ) -> T:
        """What was observed last.

        Errors: WaitTimeout, Changed or ClaimError, with ``what`` and what was seen instead.
        """
        seconds = scaled(self.seconds)
        if self.word == "within":
            return eventually(observe, until, within=seconds, every=every, what=what)
        if self.word == "for":
            return consistently(observe, until, lasting=seconds, every=every, what=what)
        if not until(seen := observe()):
            raise ClaimError(f"{what}; it is {seen!r}")
        return seen


NOW = Time()


def time(text: str) -> Time:
    """Of "within 30 s ", "for 10 s " or nothing: the beginning of a phrase."""
    word, _, rest = text.strip().partition(" ")
    return Time(word, duration(rest)) if word else NOW


def name(text: str) -> str:
    return text


def some_worker(text: str) -> str:
    """The worker's name; empty for any, of which a step takes the scenario's own."""
    return "" if text == "a worker" else text


def words(text: str) -> tuple[str, ...]:
    """Of '"kubelet" and "log"', without the quotes."""
    return tuple(re.findall(r'"([^"]+)"', text))


def quantity_text(text: str) -> str:
    """The quantity as written, after it was understood."""
    quantity.parse(text)
    return text


def role(text: str) -> Role:
    return Role(text.replace(" ", "-"))


def figures(text: str) -> dict[str, str]:
    """Quantities by resource of "200m CPU and 64Mi memory"."""
    cpu, memory = text.removesuffix(" memory").split(" CPU and ")
    return {"cpu": quantity_text(cpu), "memory": quantity_text(memory)}


def scope(text: str) -> str:
    """Key of ``PodCgroups.all()``."""
    return "pod slice" if text == "the Pod" else text.replace('"', "")


def typed(pattern: str, convert: Callable[[str], Any]) -> Callable[[str], Any]:
    """A converter with the pattern that the parse package looks for.

    A wrapper, because the package keeps the pattern on the function itself.
    """

    def converter(text: str) -> Any:
        return convert(text)

    converter.pattern = pattern  # type: ignore[attr-defined]
    return converter


TYPES = {
    "Count": typed(r"\d+", int),
    "Duration": typed(r"\d+(?:\.\d+)? (?:ms|s|min)", duration),
    "Figures": typed(f"{quantity.PATTERN} CPU and {quantity.PATTERN} memory", figures),
    "Name": typed(r"[A-Za-z0-9][A-Za-z0-9./:_\-]*", name),
    "Quantity": typed(quantity.PATTERN, quantity_text),
    "Time": typed(r"(?:(?:within|for) \d+(?:\.\d+)? (?:ms|s|min) )?", time),
    "Role": typed(r"load balancer|controller|worker", role),
    "Words": typed(r'"[^"]+"(?: and "[^"]+")*', words),
    "Worker": typed(r"worker-\d", name),
    "SomeWorker": typed(r"a worker|worker-\d", some_worker),
    "Scope": typed(r'the Pod|container "[a-z]+"', scope),
}


def phrase(text: str, **more: Callable[[str], Any]) -> parsers.cfparse:
    """A step text with our types and ``more`` of its own; letters count as written."""
    return parsers.cfparse(text, extra_types={**TYPES, **more}, case_sensitive=True)


def one_of(words: Iterable[str], convert: Callable[[str], Any] = name) -> Callable[[str], Any]:
    """A type with these words and no others, so that a misspelt one matches no step."""
    return typed("|".join(re.escape(word) for word in words), convert)
