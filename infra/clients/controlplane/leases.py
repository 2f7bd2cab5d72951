"""Leases (coordination.k8s.io/v1): who holds one now, and every change of it while we look."""

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.errors import NotJudged
from infra.kube_api import Api, JsonObject
from infra.wait import SYSTEM, Clock

GROUP = "/apis/coordination.k8s.io/v1"
SYSTEM_NAMESPACE = "kube-system"
WATCH_SECONDS = 5
"""Length of one watch request; the next goes on where it ended, so that a thread can be ended."""


@dataclass(frozen=True)
class Lease:
    """One Lease as the API reports it. Times are the writer's clock; None when not set."""

    name: str
    holder: str
    transitions: int
    duration: int | None
    acquired: datetime | None
    renewed: datetime | None
    strategy: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    owner_uids: tuple[str, ...] = ()

    @property
    def machine(self) -> str:
        """The machine part of ``controller-0_<uuid>``; a restart there gives another UUID."""
        return self.holder.split("_", 1)[0]


@dataclass(frozen=True)
class Change:
    """A version of a Lease, ``at`` seconds after the watch began; ``gone`` when it was deleted."""

    at: float
    lease: Lease
    gone: bool = False


def parse(item: JsonObject) -> Lease:
    meta, spec = item["metadata"], item.get("spec") or {}
    return Lease(
        name=meta["name"],
        holder=spec.get("holderIdentity") or "",
        transitions=spec.get("leaseTransitions") or 0,
        duration=spec.get("leaseDurationSeconds"),
        acquired=moment(spec.get("acquireTime")),
        renewed=moment(spec.get("renewTime")),
        strategy=spec.get("strategy"),
        labels=dict(meta.get("labels") or {}),
        owner_uids=tuple(o["uid"] for o in meta.get("ownerReferences") or ()),
    )


def moment(text: str | None) -> datetime | None:
    """A MicroTime of the API."""
    return None if not text else datetime.fromisoformat(text).astimezone(UTC)


def path(name: str = "", *, namespace: str = SYSTEM_NAMESPACE) -> str:
    return f"{GROUP}/namespaces/{namespace}/leases" + (f"/{name}" if name else "")


def read(api: Api, name: str, *, namespace: str = SYSTEM_NAMESPACE) -> Lease:
    return parse(api.get(path(name, namespace=namespace)))


def listed(
    api: Api, *, namespace: str = SYSTEM_NAMESPACE, selector: str | None = None
) -> tuple[Lease, ...]:
    """Leases of a namespace, by name; ``selector`` is a label selector."""
    params = {"labelSelector": selector} if selector else {}
    items = api.get(path(namespace=namespace), **params)["items"]
    return tuple(sorted((parse(item) for item in items), key=lambda lease: lease.name))


def misnamed(holder: str, machines: Sequence[str]) -> str:
    """What is wrong with a holder that shall be ``<machine>_<UUID>``; empty when nothing is."""
    name, _, ident = holder.partition("_")
    if name not in machines:
        return f"holder {holder!r} names none of {', '.join(machines)}"
    try:
        uuid.UUID(ident)
    except ValueError:
        return f"holder {holder!r} does not end in a UUID"
    return ""


def held_by_other(than: str) -> Callable[[Lease], bool]:
    """True for a Lease that a machine other than ``than`` holds; an empty holder is nobody."""
    return lambda lease: bool(lease.holder) and lease.machine != than


class LeaseWatch:
    """Every version of one Lease from ``open`` on, kept by a thread; nothing between is missed.

    The clock is ours (seconds since ``open``), so order and distance are of one clock.
    """

    def __init__(
        self, api: Api, name: str, *, namespace: str = SYSTEM_NAMESPACE, clock: Clock = SYSTEM
    ) -> None:
        self.name = name
        self._api = api.at(api.base)  # a session of its own: the thread shares none
        self._path = path(namespace=namespace)
        self._clock = clock
        self._began = clock.now()
        self._changes: list[Change] = []
        self._marks: list[tuple[float, str]] = []
        self._failure: Exception | None = None
        self._version = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name=f"watch {name}", daemon=True)

    def open(self) -> "LeaseWatch":
        """Begins with the Lease as it is now. Errors: NotJudged when there is none to watch."""
        self._take({"type": "ADDED", "object": self._api.get(f"{self._path}/{self.name}")})
        self._thread.start()
        return self

    def close(self) -> None:
        """Ends the thread at its next event, or leaves it to the end of its watch request."""
        self._ended.set()

    def now(self) -> float:
        """Seconds since the watch began."""
        return self._clock.now() - self._began

    def mark(self, text: str) -> None:
        """Remembers an event of ours beside the Lease's own."""
        self._marks.append((self.now(), text))

    @property
    def marks(self) -> Sequence[tuple[float, str]]:
        return tuple(self._marks)

    def marked(self, text: str) -> float:
        """Seconds at which ``mark(text)`` was called."""
        return next(at for at, what in self._marks if what == text)

    def changes(self) -> tuple[Change, ...]:
        """What was seen so far. Errors: NotJudged when the watch broke: a gap proves nothing."""
        if self._failure is not None:
            raise NotJudged(
                f"the watch of Lease {self.name} broke: {self._failure}; its history has a gap"
            ) from self._failure
        return tuple(self._changes)

    @property
    def seen(self) -> tuple[Change, ...]:
        """What was seen, also when the watch broke: for evidence, not for judging."""
        return tuple(self._changes)

    def latest(self) -> Lease:
        return self.changes()[-1].lease

    def story(self) -> str:
        """Changes of holder, for messages: ``+12.3 s  'controller-1_…' (transitions 4)``."""
        lines: list[str] = []
        known: tuple[str, int] | None = None
        for change in self.seen:
            state = (change.lease.holder, change.lease.transitions)
            if state != known:
                lines.append(f"  +{change.at:.1f} s  {state[0]!r} (transitions {state[1]})")
                known = state
        lines += [f"  +{at:.1f} s  * {text}" for at, text in self._marks]
        return "\n".join(sorted(lines, key=lambda line: float(line.split()[0])))

    def _follow(self) -> None:
        try:
            while not self._ended.is_set():
                events = self._api.watch(
                    self._path,
                    seconds=WATCH_SECONDS,
                    resourceVersion=self._version,
                    fieldSelector=f"metadata.name={self.name}",
                    allowWatchBookmarks="true",
                )
                for event in events:
                    self._take(event)
                    if self._ended.is_set():
                        return
        except (NotJudged, KeyError, ValueError) as error:
            self._failure = error

    def _take(self, event: dict[str, Any]) -> None:
        item = event["object"]
        if event["type"] == "ERROR":
            raise NotJudged(f"the API ended the watch: {item.get('message', item)}")
        self._version = item["metadata"]["resourceVersion"]
        if event["type"] != "BOOKMARK":
            self._changes.append(Change(self.now(), parse(item), gone=event["type"] == "DELETED"))
