"""What a trait may do, and the seeded choices that it does it by."""

import hashlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from infra.localec2.moto_api.faults import Answer
from infra.localec2.moto_backend.pace import LOCAL

T = TypeVar("T")
Clock = Callable[[], float]


@dataclass(frozen=True)
class Call:
    """``params`` are flat, as the query protocol sends them: ``VpcId``, ``Filter.1.Value.1``."""

    service: str
    params: Mapping[str, str]

    @property
    def action(self) -> str:
        return self.params.get("Action", "")

    def named(self, ident: str) -> bool:
        """Whether it asks for this one. A filter does not: nothing found is no error."""
        return any(v == ident and not k.startswith("Filter.") for k, v in self.params.items())


class Trait:
    """One thing that AWS does; this one does nothing. All happens under the API's lock."""

    pace = LOCAL

    def before(self, _call: Call, /) -> Answer | None:
        """The refusal of a call that moto never sees; None lets it through."""

    def made(self, _call: Call, _answer: str, /) -> None:
        """Sees a change that was made, and what it is answered."""

    def loses(self, _call: Call, /) -> bool:
        """Whether nobody gets the answer to a change that was made."""
        return False

    def hides(self, _ident: str, /) -> bool:
        """Whether no list shows it yet."""
        return False

    def delays(self, _ident: str, /) -> bool:
        """Whether what was observed of an instance is not told yet."""
        return False


class Lost(ConnectionAbortedError):
    """The call took effect; its connection ends without an answer."""


@contextmanager
def ending(connection: socket.socket | None) -> Iterator[None]:
    """A lost answer ends the connection: one that is kept would be waited for."""
    try:
        yield
    except Lost:
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)
        raise


@dataclass(frozen=True)
class Choices:
    """The same for the same seed, whichever thread asks first: each is made by its key alone."""

    seed: int

    def pick(self, options: Sequence[T], *key: object) -> T:
        text = "/".join(map(str, (self.seed, *key)))
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
        return options[number % len(options)]

    def one_in(self, many: int, *key: object) -> bool:
        return self.pick(range(many), *key) == 0


class Count:
    """How often something was, by key."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def next(self, key: str) -> int:
        """1 for the first."""
        self._seen[key] = self._seen.get(key, 0) + 1
        return self._seen[key]
