"""Writes that etcd has to keep: numbered ConfigMaps with their revisions, one by each server."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from infra import parallel
from infra.clients.etcd.members import client_of, config_map_key
from infra.clients.lifecycle.availability_probe import Asking
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import TIMEOUT, Api, ApiUnreachable, need
from infra.wait import SYSTEM, Clock

READ = "read"
WRITE_TIMEOUT = 5.0
"""Seconds for one write: one that began before an election ended may hang for long."""


@dataclass(frozen=True)
class Written:
    """``revision`` is the store's when it was created (resourceVersion)."""

    name: str
    revision: int


class Writer:
    """Creates ConfigMaps ``numbered-0``, ``numbered-1`` ... until it is closed, by a thread.

    ``asking`` knows when each was asked for and answered, if within ``timeout`` seconds; one that
    takes long delays the next, unless more may be asked ``at_once``, each on a connection of its
    own then.
    """

    def __init__(
        self,
        api: Api,
        namespace: str,
        *,
        a_second: float,
        timeout: float = TIMEOUT,
        at_once: int = 1,
        clock: Clock = SYSTEM,
    ) -> None:
        self.namespace = namespace
        self.failures: list[str] = []
        self._api = api.at(api.base)  # a session of its own: the thread shares none
        self._alone = at_once > 1
        self._timeout = timeout
        self._written: list[Written] = []
        self._numbers = count()
        self.asking = Asking(self._write, a_second=a_second, at_once=at_once, clock=clock)

    def open(self) -> "Writer":
        self.asking.open()
        return self

    def close(self) -> None:
        self.asking.close()

    @property
    def written(self) -> tuple[Written, ...]:
        return tuple(self._written)

    def _write(self) -> str:
        """Why it could not; empty when it did."""
        number = str(next(self._numbers))
        name = f"numbered-{number}"
        body = {"metadata": {"name": name}, "data": {"number": number}}
        api = self._api.at(self._api.base) if self._alone else self._api
        path = f"/api/v1/namespaces/{self.namespace}/configmaps"
        try:
            meta = need(api.ask("POST", path, body=body, timeout=self._timeout))["metadata"]
        except NotJudged as error:
            self.failures.append(f"{name}: {error}")
            return str(error)[:200]
        self._written.append(Written(meta["name"], int(meta["resourceVersion"])))
        return ""


def written_through_each(
    cluster: Cluster, namespace: str, machines: Sequence[str]
) -> dict[str, str]:
    """By API server: ``read``, or what became of a new ConfigMap that was made through it.

    Reads ask for a quorum through each of the surviving members on ``machines``.
    """
    name = f"written-{uuid.uuid4().hex[:8]}-"
    path, servers = f"/api/v1/namespaces/{namespace}/configmaps", cluster.api_servers()
    found = parallel.by_item(
        servers.keys(), lambda server: trouble_with(servers[server], path, name + server)
    )
    prefix = config_map_key(namespace, name)
    read = parallel.answers(machines, lambda m: client_of(cluster, m).keys(prefix))
    for server, trouble in found.items():
        lacks = [m for m, keys in zip(machines, read, strict=True) if prefix + server not in keys]
        found[server] = trouble or (f"not read from {' and '.join(lacks)}" if lacks else READ)
    return found


def trouble_with(api: Api, path: str, name: str) -> str:
    """Why a ConfigMap could not be made; empty when it was."""
    body = {"metadata": {"name": name}}
    try:
        answer = api.ask("POST", path, body=body, timeout=WRITE_TIMEOUT)
    except ApiUnreachable as error:
        return str(error)[:200]
    return "" if answer.ok else f"{answer.status} {answer.message[:200]}"
