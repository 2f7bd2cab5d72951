"""A load of writes: numbered ConfigMaps, each with the revision at which etcd took it."""

from dataclasses import dataclass

from infra.clients.transport.paced_thread import Paced
from infra.errors import NotJudged
from infra.kube_api import Api
from infra.wait import SYSTEM, Clock


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
        self._written: list[Written] = []
        self._number = 0
        because = "the rate of writes is part of the claim"
        self._paced = Paced(self._write, a_second=a_second, because=because, clock=clock)

    def open(self) -> "Writer":
        self._paced.open()
        return self

    def close(self) -> None:
        self._paced.close()

    @property
    def written(self) -> tuple[Written, ...]:
        return tuple(self._written)

    def _write(self) -> None:
        name, number = f"numbered-{self._number}", str(self._number)
        self._number += 1
        body = {"metadata": {"name": name}, "data": {"number": number}}
        try:
            made = self._api.create(f"/api/v1/namespaces/{self.namespace}/configmaps", body)
        except NotJudged as error:
            self.failures.append(f"{name}: {error}")
        else:
            meta = made["metadata"]
            self._written.append(Written(meta["name"], int(meta["resourceVersion"])))
