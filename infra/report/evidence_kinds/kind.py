"""What a kind of evidence is: its name in a record, the shape of its data, and how it is shown."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup
from pydantic import TypeAdapter

Draw = Callable[[Any], Markup]


def nothing(_data: Any) -> Markup:
    return Markup()


def as_it_is(data: Any) -> Any:
    return data


@dataclass(frozen=True)
class Kind:
    """One kind; a module of this folder has one and calls it KIND.

    ``name`` and ``shape`` are what records hold: those of older runs are read by them. ``picture``
    may draw nothing, ``numbers`` stand below it, folded under the words of ``folded``.
    ``eventful`` says whether a picture is worth to be looked at first; None: no picture of it is.
    ``stored`` is the data as a record holds it, when scenarios may give it in short.
    """

    name: str
    shape: Any
    picture: Draw = nothing
    numbers: Draw = nothing
    folded: Callable[[Any], str] = lambda _data: "as numbers"
    eventful: Callable[[Any], bool] | None = None
    stored: Callable[[Any], Any] = as_it_is

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.shape)

    def shaped(self, data: Any) -> Any:
        """The data with its shape made sure of. Errors: ValueError."""
        return self._adapter.validate_python(data)

    def below(self, data: Any, picture: Markup) -> Markup:
        """The numbers, folded where a picture tells them already."""
        numbers = self.numbers(data)
        return fold(self.folded(data), numbers) if picture and numbers else numbers

    def is_eventful(self, data: Any) -> bool:
        return self.eventful is not None and self.eventful(data)


def fold(summary: str, inner: Markup) -> Markup:
    return Markup('<details class="fold"><summary>{}</summary>{}</details>').format(summary, inner)


def grid(heads: Iterable[Markup], rows: Iterable[Sequence[Markup]]) -> Markup:
    """A table that scrolls when it is wide; cells are ``head`` and ``cell``."""
    lines = [Markup("<tr>{}</tr>").format(join(heads))]
    lines += [Markup("<tr>{}</tr>").format(join(row)) for row in rows]
    return Markup('<div class="scroll"><table>{}</table></div>').format(join(lines))


def head(words: str, kind: str = "") -> Markup:
    return Markup("<th{}>{}</th>").format(css(kind), words)


def cell(value: Any, kind: str = "") -> Markup:
    return Markup("<td{}>{}</td>").format(css(kind), value)


def css(kind: str) -> Markup:
    return Markup(' class="{}"').format(kind) if kind else Markup()


def join(parts: Iterable[Markup]) -> Markup:
    return Markup().join(parts)
