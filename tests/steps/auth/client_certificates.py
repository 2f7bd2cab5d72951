"""Client certificates in kubeconfigs, and those that a kubelet renews itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.auth.kubelet_cert_renewal import Renewal
from fixtures.worlds.faults import Faults
from infra.clients.auth import client_certificates
from infra.clients.auth.client_certificates import ENDS, Renewing
from infra.clients.controlplane import leases
from infra.clients.node import kubelet
from infra.clients.transport import systemd
from infra.cluster import Cluster
from infra.errors import ClaimError, CommandFailed, preparing, require
from infra.kube_api import Api, ApiUnreachable
from infra.pki.certificate_parsing import Found
from infra.timing import scaled
from infra.wait import eventually
from tests.steps.lifecycle.rolling_restart import READY_AGAIN, await_ready
from tests.steps.phrases import Time, one_of, phrase

STATES = {"pending": "pending", "approved and issued": "Approved, issued"}


@dataclass(frozen=True)
class Standby:
    """The machine of a scheduler that stands by, its API server's count, and who leads."""

    machine: str
    seen: int
    leader: str


@given("a standby scheduler and the leading scheduler", target_fixture="standby")
def standing_by(cluster: Cluster) -> Standby:
    lease = leases.read(cluster.api, cluster.layout.leases.scheduler)
    machine = next(m.name for m in cluster.spec.controllers if m.name != lease.machine)
    return Standby(machine, ending_on(cluster, machine), lease.holder)


@when(
    phrase(
        "the kubeconfig of the standby scheduler gets a certificate that expires in {hours:Count} h"
    )
)
def other_certificate(cluster: Cluster, faults: Faults, standby: Standby, hours: int) -> None:
    require(timedelta(hours=hours) == ENDS, f"certificates of this step expire in {ENDS}")
    path, unit = cluster.layout.kubeconfigs.scheduler, cluster.layout.units.scheduler
    old = cluster.shell(standby.machine).get(path)
    new = client_certificates.with_ending_pair(cluster, "kube-scheduler", old)
    faults.replace(standby.machine, path, new, unit=unit, at_once=False)


def restart_scheduler(cluster: Cluster, standby: Standby) -> Standby:
    systemd.restart(cluster.shell(standby.machine), cluster.layout.units.scheduler, reread=False)
    return standby


def restart_its_server(cluster: Cluster, standby: Standby) -> Standby:
    """It would go on over a connection that it has for ever, whatever the file says."""
    server = cluster.api_of(standby.machine)
    shell = cluster.shell(standby.machine)
    systemd.restart(shell, cluster.layout.units.api_server, reread=False, killing=True)
    await_ready(standby.machine, server)
    await_served(server, standby.machine)
    return replace(standby, seen=0)  # it counts from nothing


PROCESSES: Mapping[str, Callable[[Cluster, Standby], Standby]] = {
    "the API server of the standby scheduler": restart_its_server,
    "the standby scheduler": restart_scheduler,
}


@when(
    phrase("{process:Process} restarts", Process=one_of(PROCESSES)),
    target_fixture="standby",
)
def restarts(cluster: Cluster, standby: Standby, process: str) -> Standby:
    """How it stands by then."""
    return PROCESSES[process](cluster, standby)


@then(
    phrase(
        "{time:Time}the scheduler's API server sees {count:HowMany} certificate that expires in "
        "5 h",
        HowMany=one_of(["a", "no"]),
    )
)
def seen_by_server(cluster: Cluster, standby: Standby, time: Time, count: str) -> None:
    whose = "of its kubeconfig" if count == "a" else "that it started with"
    time.must(
        lambda: ending_on(cluster, standby.machine),
        lambda seen: seen > standby.seen if count == "a" else seen == standby.seen,
        what=f"the scheduler of {standby.machine} shows the certificate {whose}",
    )


@then("the leading scheduler is the same")
def same_leader(cluster: Cluster, standby: Standby) -> None:
    now = leases.read(cluster.api, cluster.layout.leases.scheduler).holder
    if now != standby.leader:
        raise ClaimError(f"{standby.leader} led the schedulers; now {now} does")


@given(
    phrase(
        "a worker whose kubelet rotates certificates and has one that expires in {hours:Count} h"
    ),
    target_fixture="renewing",
)
def rotating(renewal: Renewal, hours: int) -> Renewing:
    require(timedelta(hours=hours) == ENDS, f"certificates of this step expire in {ENDS}")
    return renewal.begin()


@then(
    phrase(
        "within {limit:Duration} the kubelet has created a CSR, and API servers see the "
        "old certificate"
    )
)
def has_asked(cluster: Cluster, renewing: Renewing, limit: float) -> None:
    eventually(
        lambda: (requested(cluster, renewing), seen_since(cluster, renewing)),
        lambda seen: seen[0] == ["pending"] and seen[1] > 0,
        within=scaled(limit),
        what=f"{renewing.node} asks for a new certificate and still shows the old",
    )


@then(phrase("{time:Time}the CSR is {state:State}", State=one_of(STATES)))
def csr_is(cluster: Cluster, renewing: Renewing, time: Time, state: str) -> None:
    time.must(
        lambda: requested(cluster, renewing),
        lambda seen: seen == [STATES[state]],
        what=f"the request of {renewing.node} is {state}",
    )


@when("nodes are allowed to renew their own client certificates")
def allow(renewal: Renewal) -> None:
    renewal.allow()


@then(phrase("within {limit:Duration} the kubelet has another certificate, for the same name"))
def another(cluster: Cluster, renewing: Renewing, limit: float, evidence: Evidence) -> None:
    new = await_another(cluster, renewing, limit)
    rows = [(f"{one.certificate.serial_number:x}", f"{one.ends}") for one in (renewing.old, new)]
    evidence.table(f"client certificates of {renewing.node}", "serial, ends", rows)
    names = [(one.common_name, one.organizations) for one in (renewing.old, new)]
    if names[0] != names[1]:
        raise ClaimError(f"the new certificate should be for {names[0]}; it is for {names[1]}")


@then(
    phrase(
        "within {limit:Duration} API servers see no certificate that expires in 5 h, "
        "and the kubelet renews its Lease"
    )
)
def old_unused(cluster: Cluster, renewing: Renewing, limit: float) -> None:
    """Between two looks it renewed its Lease, and not with the old one."""
    uses = client_certificates.Uses(cluster, renewing.node)
    eventually(
        uses.look,
        lambda two: two[0].ending == two[1].ending and two[0].heartbeat != two[1].heartbeat,
        within=scaled(limit),
        every=12.0,
        what=f"{renewing.node} goes on without its old certificate",
    )


@then("the kubelet's node stayed Ready")
def ready_throughout(cluster: Cluster, renewing: Renewing) -> None:
    now = kubelet.ready_since(cluster.api, renewing.node)
    if now != renewing.ready_since:
        raise ClaimError(f"{renewing.node} was ready since {renewing.ready_since}, now since {now}")


def await_served(server: Api, machine: str) -> None:
    """Until a restarted API server has served the scheduler of its machine, and no other's."""
    with preparing():
        eventually(
            lambda: client_certificates.served_scheduler(server),
            lambda count: count > 0,
            within=scaled(READY_AGAIN),
            what=f"the scheduler of {machine} asks its restarted API server",
            transient=(ApiUnreachable,),
        )


def ending_on(cluster: Cluster, machine: str) -> int:
    return client_certificates.ending_seen([cluster.api_of(machine)])


def requested(cluster: Cluster, renewing: Renewing) -> list[str]:
    return client_certificates.states(client_certificates.requests_of(cluster.api, renewing.node))


def seen_since(cluster: Cluster, renewing: Renewing) -> int:
    return client_certificates.use(cluster, renewing.node).ending - renewing.seen


def await_another(cluster: Cluster, renewing: Renewing, limit: float) -> Found:
    shell = cluster.shell(renewing.node)
    return eventually(
        lambda: client_certificates.current(shell),
        lambda found: found.fingerprint != renewing.old.fingerprint,
        within=scaled(limit),
        what=f"{renewing.old.place} is another certificate",
        transient=(CommandFailed,),
    )
