"""Pods on every worker reach DNS and Services, whether their Pod runs there or on another worker.

Once something was reached it must be reached again and again: what fails half the time is broken.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from infra.cluster import Cluster
from infra.errors import preparing
from infra.kube_api import Api, ApiRefusedForNow, ApiUnreachable, JsonObject
from infra.timing import NAMESPACE_READY, POD_RUNS, scaled
from infra.wait import eventually

AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.63.0"
"""test/utils/image/manifest.go of Kubernetes 1.36; preloaded on the workers."""
PORT = 8080
NAME = "kubernetes.default.svc.cluster.local:443"
"""Article 15: the name every cluster answers."""
WHAT = {
    "dns": "the API as kubernetes.default.svc.cluster.local",
    "name": "a Service of its own namespace by name",
    "own": "a Service whose Pod runs on the same worker",
    "other": "a Service whose Pod runs on another worker",
}
"""What each container that asks is for."""
FAILED = "does not always"
AGAIN = 5
"""Connections in a row after the first: half of them failing goes unseen once in 32 times."""
ALWAYS = "4s"
"""For each: a busy worker takes seconds, and a question to DNS that got lost is sent again after 5
(resolv.conf(5)), which would hide it."""
WITHIN = 120.0
"""Seconds on freshly built workers: the first one waits for routes and CoreDNS; the clients try
again until then."""
TRANSIENT = (ApiRefusedForNow, ApiUnreachable)
"""What asking again may mend; any other refusal is told immediately."""


def across_workers(cluster: Cluster, *, within: float = WITHIN) -> None:
    """Across workers and on one, ``within`` seconds once the Pods that ask run.

    Errors: WaitTimeout or GaveUp, whose history says which Pod did not get through to what;
    NotPrepared when one does not start; ApiRefused.
    """
    with own_namespace(cluster.api) as home:
        workers = [machine.name for machine in cluster.spec.workers]
        addresses = [serving(cluster.api, home, worker) for worker in workers]
        for index, worker in enumerate(workers):
            own, other = addresses[index], addresses[index - 1]
            create(cluster.api, home, "pods", asking(worker, own=own, other=other))
        with preparing():  # a busy machine takes a minute to start five Pods
            eventually(
                lambda: not_started(cluster.api, home),
                lambda left: not left,
                within=scaled(POD_RUNS),
                every=0.5,
                what="the Pods that ask for DNS and Services have started",
                transient=TRANSIENT,
            )
        eventually(
            lambda: unfinished(cluster.api, home),
            lambda left: not left,
            within=scaled(within),
            every=0.5,
            what="Pods on every worker reach DNS and Services of both workers, again and again",
            giving_up_if=lambda left: any(FAILED in text for text in left),
            transient=TRANSIENT,
        )


def serving(api: Api, home: str, worker: str) -> str:
    """The address of a Service whose only Pod runs on the worker."""
    made = create(api, home, "services", service(worker))
    create(api, home, "pods", answering(worker))
    return str(made["spec"]["clusterIP"])


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
            transient=TRANSIENT,
        )
        yield f"/api/v1/namespaces/{name}"
    finally:
        api.delete(f"/api/v1/namespaces/{name}")


def create(api: Api, home: str, plural: str, item: JsonObject) -> JsonObject:
    """The created object.

    An answer may be lost while API servers come and go behind the balancer: it is looked for first.
    Errors: ApiRefused when asking again mends nothing.
    """
    path, name = f"{home}/{plural}", item["metadata"]["name"]
    return eventually(
        lambda: api.find(f"{path}/{name}") or api.create(path, item),
        bool,
        within=scaled(NAMESPACE_READY),
        every=0.5,
        what=f"{name} is created",
        transient=TRANSIENT,
    )


def not_started(api: Api, home: str) -> list[str]:
    """Pods that ask or answer with a container that has not started yet, by name and node."""
    return [
        f"{item['metadata']['name']} on {item['spec']['nodeName']}"
        for item in api.get(f"{home}/pods")["items"]
        for status in item["status"].get("containerStatuses") or [{"state": {}}]
        if not status["state"].keys() & {"running", "terminated"}
    ]


def unfinished(api: Api, home: str) -> list[str]:
    """One sentence for each asking container that has not succeeded."""
    items = api.get(f"{home}/pods", labelSelector="role=asks")["items"]
    return [
        f"{item['spec']['nodeName']} {how} reach {WHAT.get(status['name'], 'anything')}"
        for item in items
        for status in item["status"].get("containerStatuses") or [{"name": "", "state": {}}]
        if (how := not_reached(status["state"]))
    ]


def not_reached(state: JsonObject) -> str:
    """What a container that asks has to tell; one that has ended in failure had got through once.

    Empty when all is well.
    """
    ended = state.get("terminated")
    if not ended:
        return "does not"
    return "" if ended.get("exitCode") == 0 else FAILED


def answering(worker: str) -> JsonObject:
    container = {"name": "answers", "image": AGNHOST, "args": ["netexec", f"--http-port={PORT}"]}
    return pod(f"answers-{worker}", worker, [container], labels={"answers": worker})


def asking(worker: str, *, own: str, other: str) -> JsonObject:
    """A container for each thing that is reached, so that a failure says what does not work.

    ``own`` and ``other`` are cluster addresses of Services: no DNS in between. A name of its own
    namespace is new to DNS, and is completed by what the kubelet tells Pods to search.
    """
    targets = {"dns": NAME, "name": f"to-{worker}:80", "own": f"{own}:80", "other": f"{other}:80"}
    containers = [connecting(name, target) for name, target in targets.items()]
    return pod(f"asks-{worker}", worker, containers, labels={"role": "asks"})


def connecting(name: str, target: str) -> dict[str, Any]:
    """Until it gets through, as rules and names take a moment; then each time."""
    once, always = (f'/agnhost connect "$0" --timeout={limit}' for limit in ("2s", ALWAYS))
    again = " ".join(str(number) for number in range(AGAIN))
    script = f"until {once}; do sleep 0.5; done; for _ in {again}; do {always} || exit 1; done"
    return {"name": name, "image": AGNHOST, "command": ["sh", "-c", script, target]}


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
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "containers": containers,
        },
    }
