"""What each API server by itself says to the same request: admission is judged per process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra import observed_places
from infra.errors import ClaimError
from infra.kube_api import DRY_RUN, PATCH_TYPES, Answer, Api
from suite.apimachinery.sample_objects import Draft, mark_of

Servers = Mapping[str, Api]
"""API servers by machine."""


@dataclass(frozen=True)
class Verdicts:
    """Answers by machine to ``request``, which says what was asked; ``dry`` stored nothing."""

    request: str
    answers: Mapping[str, Answer]
    dry: bool = True

    def name_on(self, machine: str) -> str:
        """Of the object that was created through that machine's API server."""
        return name_on(machine, dry=self.dry)

    def __repr__(self) -> str:
        return "; ".join(f"{machine} {told(answer)}" for machine, answer in self.answers.items())

    def all(self, holds: Callable[[Answer], bool]) -> bool:
        for machine in self.answers:
            observed_places.looked(machine, observed_places.API_SERVER)
        return all(holds(answer) for answer in self.answers.values())

    def must(self, holds: Callable[[Answer], bool], *, what: str) -> None:
        """Errors: ClaimError with every answer."""
        if not self.all(holds):
            lines = "\n".join(f"  {m}: {told(a)}" for m, a in self.answers.items())
            raise ClaimError(f"each API server should {what} {self.request}; they say\n{lines}")


def attempted(servers: Servers, what: Draft, namespace: str, *, dry: bool = True) -> Verdicts:
    """A creation through each API server, under a name of its own; ``dry`` stores nothing."""
    path = what.path(namespace)
    return asked(
        servers,
        "POST",
        lambda machine: (path, what.named(name_on(machine, dry=dry))),
        what=what.text,
        dry=dry,
    )


def asked(
    servers: Servers,
    method: str,
    request: Callable[[str], tuple[str, Any]],
    *,
    what: str,
    dry: bool = True,
) -> Verdicts:
    """One request to each API server; ``request`` gives path and body by machine."""
    kind = PATCH_TYPES["merge"] if method == "PATCH" else "application/json"
    answers = {}
    for machine, api in servers.items():
        path, body = request(machine)
        params = DRY_RUN if dry else None
        answers[machine] = api.ask(method, path, body=body, content_type=kind, params=params)
    return Verdicts(what, answers, dry)


def name_on(machine: str, *, dry: bool) -> str:
    """Dry runs have names of their own: what is stored would be in their way."""
    return f"{'tried' if dry else 'stored'}-on-{machine}"


def told(answer: Answer) -> str:
    """An answer in a line: code and message, and what admission added to an admitted object."""
    if not answer.ok:
        return f"{answer.status} {answer.message}"
    warned = f", warning {warning(answer)!r}" if warning(answer) else ""
    return f"{answer.status}, mark {mark_of(answer.body)}{warned}"


def effect(answer: Answer) -> tuple[int, str, bool]:
    """What a policy can do to an answer: its code, the mark on the object, a warning."""
    mark = mark_of(answer.body) if answer.ok else ""
    return answer.status, mark, bool(warning(answer))


def warning(answer: Answer) -> str:
    """The ``Warning`` header, code 299 (Kubernetes joins several with commas), or nothing."""
    return str(answer.headers.get("Warning", ""))


def admits(answer: Answer) -> bool:
    return answer.ok


def refuses(code: int, *words: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.status == code and all(word in answer.message for word in words)


def marked(mark: str) -> Callable[[Answer], bool]:
    return lambda answer: answer.ok and mark_of(answer.body) == mark
