"""A load of writes: numbered ConfigMaps, each with the revision at which etcd took it."""

import threading
from dataclasses import dataclass

from infra.clients.api import Api
from infra.errors import LabError
from infra.wait import SYSTEM, Clock, pause


@dataclass(frozen=True)
class Written:
    """``revision`` is the store's when it was created (resourceVersion)."""

    name: str
    revision: int


class Writer:
    """Creates ConfigMaps ``numbered-0``, ``numbered-1`` ... until it is closed, by a thread."""

    def __init__(self, api: Api, namespace: str, *, a_second: float, clock: Clock = SYSTEM) -> None:
        self.namespace = namespace
        self.failures: list[str] = []
        self._api = api.at(api.base)  # a session of its own: the thread shares none
        self._every = 1 / a_second
        self._clock = clock
        self._written: list[Written] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write, name="writer", daemon=True)

    def open(self) -> "Writer":
        self._thread.start()
        return self

    def close(self) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def written(self) -> tuple[Written, ...]:
        return tuple(self._written)

    def _write(self) -> None:
        number = 0
        while not self._ended.is_set():
            started = self._clock.now()
            body = {"metadata": {"name": f"numbered-{number}"}, "data": {"number": str(number)}}
            try:
                made = self._api.create(f"/api/v1/namespaces/{self.namespace}/configmaps", body)
            except LabError as error:
                self.failures.append(f"numbered-{number}: {error}")
            else:
                meta = made["metadata"]
                self._written.append(Written(meta["name"], int(meta["resourceVersion"])))
            number += 1
            left = self._every - (self._clock.now() - started)
            pause(max(0.0, left), because="the rate of writes is part of the claim")
