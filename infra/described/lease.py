"""One run at a time on a cluster that others built, whoever starts it and from where: by a Lease.

It is the only object that a run makes in kube-system. One that has not been renewed for its
duration is a dead run's and is taken over; it is deleted at the end.
"""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event, Thread

from infra.described import own_objects
from infra.errors import ClusterLocked, NotJudged
from infra.kube_api import Answer, Api, JsonObject, need

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
NAME = "kubernetes-from-scratch"
SECONDS = 60
"""A Lease's duration: three renewals may fail."""
RENEWED = 15.0
"""Seconds between renewals."""


def identity() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}, pid {os.getpid()}"


@contextmanager
def held(api: Api) -> Iterator[None]:
    """The cluster is ours for the block. Errors: ClusterLocked naming who has it, ApiRefused."""
    own = identity()
    lease = taken(api, own)
    over = Event()
    thread = Thread(target=renew, args=(api, lease, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with suppress(NotJudged):
            release(api, own)


def taken(api: Api, own: str) -> JsonObject:
    body = {
        "metadata": {"name": NAME, "labels": {own_objects.LABEL: own_objects.VALUE}},
        "spec": spec(own),
    }
    answer = api.ask("POST", LEASES, body=body)
    if answer.status != 409:
        return need(answer)
    found = api.get(f"{LEASES}/{NAME}")
    if is_fresh(found):
        told = found["spec"]
        raise ClusterLocked(
            f"the cluster is judged by {told.get('holderIdentity')} now (Lease kube-system/{NAME}, "
            f"renewed at {told.get('renewTime')}): wait for the end of that run"
        )
    answer = update(api, {**found, "spec": spec(own)})
    if answer.status == 409:
        raise ClusterLocked(f"somebody else has just taken the Lease kube-system/{NAME}: wait")
    return need(answer)


def spec(own: str) -> JsonObject:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"holderIdentity": own, "leaseDurationSeconds": SECONDS, "renewTime": now}


def is_fresh(lease: JsonObject) -> bool:
    told = lease.get("spec") or {}
    if not told.get("holderIdentity") or not told.get("renewTime"):
        return False
    age = (datetime.now(UTC) - datetime.fromisoformat(told["renewTime"])).total_seconds()
    return bool(age < (told.get("leaseDurationSeconds") or SECONDS))


def update(api: Api, lease: JsonObject) -> Answer:
    """With its resourceVersion: somebody else's change in between is a conflict."""
    return api.ask("PUT", f"{LEASES}/{NAME}", body=lease)


def renew(api: Api, lease: JsonObject, over: Event) -> None:
    """Until it is over. A renewal that fails is tried again; one that others took is not."""
    own = lease["spec"]["holderIdentity"]
    while not over.wait(RENEWED):
        with suppress(NotJudged):
            now = api.get(f"{LEASES}/{NAME}")
            if now["spec"].get("holderIdentity") != own:
                return
            update(api, {**now, "spec": spec(own)})


def release(api: Api, own: str) -> None:
    """Deletes it when it is still ours."""
    found = api.find(f"{LEASES}/{NAME}")
    if found is not None and found["spec"].get("holderIdentity") == own:
        api.delete(f"{LEASES}/{NAME}")
