"""One run at a time on a cluster, whoever starts it, from where and by what means: by a Lease.

It is the only object that a run makes in kube-system. One that has not been renewed for its
duration is a dead run's and is taken over; so is the last one's of the same state directory, which
one process has at a time. It is deleted at the end.
"""

import getpass
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from infra import observed_places
from infra.described import own_objects
from infra.errors import ClusterLocked, NotJudged
from infra.kube_api import Answer, Api, JsonObject, need

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
NAME = "kubernetes-from-scratch"
LOST = f"this run has lost the cluster: its Lease kube-system/{NAME}"
RECORD = "lease-holder"
"""File of a state directory: who had the Lease last."""
SECONDS = 60
"""A Lease's duration: three renewals may fail."""
OUTAGE = 600
"""Its duration where a run may take the API away by itself: longer than any scenario lets etcd or
the API servers be away. Nobody can take the Lease either, then."""
RENEWED = 15.0
"""Seconds between renewals."""


def identity() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}, pid {os.getpid()}"


class Tenure:
    """A Lease that a run has taken: renewed until it is over or lost.

    ``lost`` hears why, at each look from then on: a health gate that passes forgets what it heard
    before. One that could not be renewed for its duration is lost though nobody may have taken it:
    who did, and gave it back, is not seen. It is renewed all the same, to keep others out while
    what the run broke is restored.
    """

    def __init__(
        self,
        api: Api,
        lease: JsonObject,
        lost: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._own = str(lease["spec"]["holderIdentity"])
        self._seconds = int(lease["spec"]["leaseDurationSeconds"])
        self._lost = lost
        self._clock = clock
        self._renewed = clock()
        self._cause = ""
        self._taken = False

    def last(self, over: Event) -> None:
        """Looks until it is over."""
        with observed_places.unseen():
            while not over.wait(RENEWED):
                self.look()

    def look(self) -> None:
        """Renews it, and tells when it is lost."""
        began = self._clock()
        if not self._taken and (failed := self._failed()):
            silent = self._clock() - self._renewed
            if silent >= self._seconds and not self._cause:
                self._cause = f"{LOST} could not be renewed for {silent:.0f} s: {failed}"
        elif not self._taken:
            self._renewed = began
        if self._cause:
            self._lost(self._cause)

    def _failed(self) -> str:
        """Why it was not renewed just now; empty when it was."""
        try:
            found = self._api.find(f"{LEASES}/{NAME}")
            holder = (found or {}).get("spec", {}).get("holderIdentity")
            if found is None or holder != self._own:
                self._taken = True
                self._cause = f"{LOST} " + (f"is held by {holder}" if holder else "was deleted")
                return self._cause
            need(update(self._api, {**found, "spec": spec(self._own, self._seconds)}))
        except Exception as error:  # noqa: BLE001 - a thread that died would renew nothing, unheard
            return str(error)
        return ""


@contextmanager
def held(
    api: Api,
    lost: Callable[[str], None] = lambda _: None,
    *,
    seconds: int = SECONDS,
    state: Path | None = None,
) -> Iterator[None]:
    """The cluster is ours for the block; ``lost`` is told, in another thread, when it no longer is.
    ``state`` is a directory that nobody else has meanwhile.

    Errors: ClusterLocked naming who has it, ApiRefused.
    """
    own, record = identity(), state / RECORD if state else None
    dead = record.read_text() if record and record.exists() else ""
    tenure, over = Tenure(api, taken(api, own, seconds, dead=dead), lost), Event()
    if record:
        record.write_text(own)
    thread = Thread(target=tenure.last, args=(over,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with suppress(NotJudged):
            release(api, own)


def taken(api: Api, own: str, seconds: int = SECONDS, *, dead: str = "") -> JsonObject:
    """The Lease as it is stored now; ``dead`` is a holder that has ended."""
    body = {
        "metadata": {"name": NAME, "labels": {own_objects.LABEL: own_objects.VALUE}},
        "spec": spec(own, seconds),
    }
    answer = api.ask("POST", LEASES, body=body)
    if answer.status != 409:
        return need(answer)
    found = api.get(f"{LEASES}/{NAME}")
    if is_fresh(found) and found["spec"]["holderIdentity"] not in (own, dead):
        told = found["spec"]
        raise ClusterLocked(
            f"the cluster is judged by {told.get('holderIdentity')} now (Lease kube-system/{NAME}, "
            f"renewed at {told.get('renewTime')}): wait for the end of that run"
        )
    answer = update(api, {**found, "spec": spec(own, seconds)})
    if answer.status == 409:
        raise ClusterLocked(f"somebody else has just taken the Lease kube-system/{NAME}: wait")
    return need(answer)


def spec(own: str, seconds: int) -> JsonObject:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"holderIdentity": own, "leaseDurationSeconds": seconds, "renewTime": now}


def is_fresh(lease: JsonObject) -> bool:
    told = lease.get("spec") or {}
    if not told.get("holderIdentity") or not told.get("renewTime"):
        return False
    age = (datetime.now(UTC) - datetime.fromisoformat(told["renewTime"])).total_seconds()
    return bool(age < (told.get("leaseDurationSeconds") or SECONDS))


def update(api: Api, lease: JsonObject) -> Answer:
    """With its resourceVersion: somebody else's change in between is a conflict."""
    return api.ask("PUT", f"{LEASES}/{NAME}", body=lease)


def release(api: Api, own: str) -> None:
    """Deletes it when it is still ours."""
    found = api.find(f"{LEASES}/{NAME}")
    if found is not None and found["spec"].get("holderIdentity") == own:
        api.delete(f"{LEASES}/{NAME}")
