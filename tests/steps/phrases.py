"""Words with a type in step texts: durations, quantities, roles and quoted names.

``@then(phrase("within {limit:Duration} ..."))``. A Duration is unscaled seconds: pass it through
``infra.timing.scaled`` where it bounds a wait.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from pytest_bdd import parsers

from infra import quantity
from infra.inventory import Role

UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0}


def duration(text: str) -> float:
    """Seconds of "40 s", "2 min" or "500 ms", unscaled."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) (ms|s|min)", text)
    if match is None:
        raise ValueError(f"not a duration: {text!r}; write 40 s or 2 min")
    return float(match[1]) * UNITS[match[2]]


def name(text: str) -> str:
    return text


def some_worker(text: str) -> str:
    """The worker's name; empty for any, of which a step takes the first."""
    return "" if text == "a worker" else text


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
    "Role": typed(r"load balancer|controller|worker", role),
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
