"""Pods on every worker reach DNS and a Service whose Pod runs on another worker."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.clients.api import Api, ApiRefused, ApiUnreachable, JsonObject
from infra.cluster import Cluster
from infra.timing import NAMESPACE_READY, scaled
from infra.wait import eventually

AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.63.0"
"""test/utils/image/manifest.go of Kubernetes 1.36; preloaded on the workers."""
PORT = 8080
NAME = "kubernetes.default.svc.cluster.local:443"
"""Article 15: the name every cluster answers."""
WITHIN = 120.0
"""Seconds for five Pods on freshly built workers: 3-7 s each measured, the first one waits for
routes and CoreDNS; the clients try again until then."""


def across_workers(cluster: Cluster, *, within: float = WITHIN) -> None:
    """Errors: WaitTimeout, whose history says which Pod did not get through to what."""
    with own_namespace(cluster.api) as home:
        workers = [machine.name for machine in cluster.spec.workers]
        for index, worker in enumerate(workers):
            made = create(cluster.api, home, "services", service(worker))
            create(cluster.api, home, "pods", answering(worker))
            asker = asking(workers[index - 1], made["spec"]["clusterIP"])
            create(cluster.api, home, "pods", asker)
        eventually(
            lambda: unfinished(cluster.api, home),
            lambda left: not left,
            within=scaled(within),
            every=0.5,
            what="Pods on every worker reach DNS and a Service of another worker",
            transient=(ApiUnreachable,),
        )


@contextmanager
def own_namespace(api: Api) -> Iterator[str]:
    name = f"reach-{uuid.uuid4().hex[:6]}"
    create(api, "/api/v1", "namespaces", {"metadata": {"name": name}})
    try:
        eventually(
            lambda: api.find(f"/api/v1/namespaces/{name}/serviceaccounts/default") is not None,
            bool,
            within=scaled(NAMESPACE_READY),
            every=0.2,
            what=f"namespace {name} has its ServiceAccount",
            transient=(ApiUnreachable,),
        )
        yield f"/api/v1/namespaces/{name}"
    finally:
        api.delete(f"/api/v1/namespaces/{name}")


def create(api: Api, home: str, plural: str, item: JsonObject) -> JsonObject:
    """The created object, past the moment in which admission lacks the ServiceAccount.

    An answer may be lost while API servers come and go behind the balancer: it is looked for first.
    """
    path, name = f"{home}/{plural}", item["metadata"]["name"]
    return eventually(
        lambda: api.find(f"{path}/{name}") or api.create(path, item),
        bool,
        within=scaled(NAMESPACE_READY),
        every=0.5,
        what=f"{name} is created",
        transient=(ApiRefused, ApiUnreachable),
    )


def unfinished(api: Api, home: str) -> list[str]:
    """One sentence for each asking container that has not succeeded."""
    items = api.get(f"{home}/pods", labelSelector="role=asks")["items"]
    return [
        f"{item['spec']['nodeName']} does not reach {status['name']}"
        for item in items
        for status in item["status"].get("containerStatuses") or [{"name": "anything", "state": {}}]
        if (status["state"].get("terminated") or {}).get("exitCode") != 0
    ]


def answering(worker: str) -> JsonObject:
    container = {"name": "answers", "image": AGNHOST, "args": ["netexec", f"--http-port={PORT}"]}
    return pod(f"answers-{worker}", worker, [container], labels={"answers": worker})


def asking(worker: str, address: str) -> JsonObject:
    """Two containers, so that a failure says whether names or Services do not work.

    ``address`` is the cluster address of the Service: no DNS in between.
    """
    containers = [connecting("dns", NAME), connecting("service", f"{address}:80")]
    return pod(f"asks-{worker}", worker, containers, labels={"role": "asks"})


def connecting(name: str, target: str) -> dict[str, Any]:
    """Tries again by itself: a container that ended would wait 10 s in back-off."""
    loop = 'until /agnhost connect "$0" --timeout=2s; do sleep 0.5; done'
    return {"name": name, "image": AGNHOST, "command": ["sh", "-c", loop, target]}


def service(worker: str) -> JsonObject:
    ports = [{"port": 80, "targetPort": PORT}]
    return {
        "metadata": {"name": f"to-{worker}"},
        "spec": {"selector": {"answers": worker}, "ports": ports},
    }


def pod(
    name: str, worker: str, containers: list[dict[str, Any]], *, labels: dict[str, str]
) -> JsonObject:
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "nodeName": worker,
            "restartPolicy": "OnFailure",
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "containers": containers,
        },
    }
