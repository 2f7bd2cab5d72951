"""A Deployment that serves by a Service, asked on every worker while workers are drained."""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial

from infra.clients.lifecycle.availability_probe import Asking
from infra.clients.transport.paced_thread import Paced
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import Api, JsonObject
from infra.ssh import Shell
from suite.lifecycle.drain import Drill

PORT = 8080
ANSWERED = 2
"""Seconds for one answer, with which a client gives up."""


@dataclass
class ServiceClients:
    """``clients`` ask the Service, one on each worker, by name; none before ``begin``."""

    cluster: Cluster
    clients: dict[str, Asking] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def begin(self, drill: Drill, address: str) -> None:
        """Looks at the Deployment's Pods, and asks the Service, once a second each."""
        drill.begin(time.monotonic())
        because = "Ready Pods are counted"
        looks = Paced(partial(look, drill), a_second=1, because=because).open()
        self._open.callback(looks.close)
        for worker in self.cluster.spec.workers:
            shell = self.cluster.ssh(worker.name)  # its own connection, heard by nobody
            self._open.callback(shell.close)
            asking = Asking(asks(shell, f"http://{address}:{PORT}/hostname"), a_second=1).open()
            self._open.callback(asking.close)
            self.clients[f"client of the Service on {worker.name}"] = asking

    def close(self) -> None:
        """Ends all of it; fine when repeated."""
        self._open.close()


def look(drill: Drill) -> None:
    """What clients of the API miss is judged elsewhere."""
    with suppress(NotJudged):
        drill.look(time.monotonic())


def asks(shell: Shell, url: str) -> Callable[[], str]:
    """A question to a Service from a machine; its answer is empty for a good one."""

    def ask() -> str:
        argv = ["curl", "--silent", "--show-error", "--fail", f"--max-time={ANSWERED}", url]
        try:
            told = shell.run(argv, check=False)
        except NotJudged as error:
            return str(error)[:200]
        return "" if told.exit_status == 0 else told.stderr[:200] or f"curl: {told.exit_status}"

    return ask


def expose(api: Api, namespace: str, deployment: str) -> str:
    """Creates the Service of a Deployment. Its address."""
    body: JsonObject = {
        "metadata": {"name": deployment},
        "spec": {"selector": {"app": deployment}, "ports": [{"port": PORT}]},
    }
    made = api.create(f"/api/v1/namespaces/{namespace}/services", body)
    return str(made["spec"]["clusterIP"])
