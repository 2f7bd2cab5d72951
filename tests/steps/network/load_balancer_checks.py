"""How the load balancer looks after the API servers behind it."""

from pytest_bdd import given, then

from fixtures.plugin.recording import Evidence
from infra.clients.lifecycle import unit_programs
from infra.clients.network import load_balancer_checks
from infra.clients.network.load_balancer_checks import Check
from infra.cluster import Cluster
from infra.kube_api import Api, ApiUnreachable, Credentials
from suite.expect import must_be_none
from tests.steps.phrases import phrase

PATH = "/readyz"


@given("the health checks of the load balancer", target_fixture="checks")
def checks_of_balancer(cluster: Cluster, evidence: Evidence) -> dict[str, Check]:
    """By controller; a server that is none of ours is not among them."""
    shell = cluster.shell(cluster.spec.load_balancer.name)
    listed = load_balancer_checks.checks(load_balancer_checks.configuration(shell))
    found = {check.address: check for check in listed.values()}
    port = cluster.layout.ports.api_server
    addresses = {str(m.name): f"{m.private_ip}:{port}" for m in cluster.spec.controllers}
    checks = {name: found.get(address, Check(address)) for name, address in addresses.items()}
    evidence.table("checks", "API server, what it is", [(n, str(c)) for n, c in checks.items()])
    return checks


@then("each API server is checked for readiness, and reports it to anonymous clients")
def asked_for_readiness(cluster: Cluster, checks: dict[str, Check]) -> None:
    wrong = [f"{n} {c}" for n, c in checks.items() if not c.tells_readiness or c.path != PATH]
    wrong += [text for n in checks if (text := unready_for_nobody(cluster, n))]
    must_be_none(wrong, f"the load balancer asks each API server for {PATH}")


@then(
    phrase(
        "each API server is removed after {fall:Count} failed checks, at most "
        "{interval:Duration} apart"
    )
)
def left_in_time(checks: dict[str, Check], fall: int, interval: float) -> None:
    wrong = [f"{n} {c}" for n, c in checks.items() if c.fall > fall or c.longest > interval]
    must_be_none(wrong, f"a server is left after {fall} checks {interval:g} s apart at most")


@then(
    phrase(
        "each API server receives requests, and receives them again after {rise:Count} "
        "successful checks"
    )
)
def has_clients(checks: dict[str, Check], rise: int) -> None:
    wrong = [f"{name} has none, it is {check.idle}" for name, check in checks.items() if check.idle]
    wrong += [
        f"{name} has some after {check.rise} checks only"
        for name, check in checks.items()
        if check.rise > rise
    ]
    must_be_none(wrong, f"each API server has clients once {rise} checks have succeeded")


@then(phrase("clients that are idle for {least:Duration} are not disconnected"))
def silence_is_kept(cluster: Cluster, least: float) -> None:
    """client-go pings a silent connection each 30 s (http2 ReadIdleTimeout)."""
    text = load_balancer_checks.configuration(cluster.shell(cluster.spec.load_balancer.name))
    found = load_balancer_checks.timeouts(text)
    wrong = [f"timeout {side} is {seconds:g} s" for side, seconds in found.items()]
    must_be_none(
        [one for one, seconds in zip(wrong, found.values(), strict=True) if seconds <= least],
        f"a watch may be silent for {least:g} s",
    )


@then("every kubelet and kube-proxy uses the load balancer")
def sent_to_balancer(cluster: Cluster) -> None:
    wrong = unit_programs.past_the_balancer(cluster, unit_programs.installed(cluster))
    must_be_none(wrong, "workers ask the API by the load balancer")


def unready_for_nobody(cluster: Cluster, machine: str) -> str:
    """What is wrong when the balancer asks: it shows no certificate."""
    nobody = Credentials(ca=cluster.credentials("admin").ca)
    try:
        answer = Api(cluster.api_of(machine).base, nobody).ask("GET", PATH)
    except ApiUnreachable as error:
        return str(error)
    return "" if answer.ok else f"{machine} answers {answer.status} to nobody: {answer.text[:100]}"
