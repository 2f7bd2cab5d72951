"""How the load balancer looks after the API servers behind it."""

from pytest_bdd import given, then

from fixtures.recording import Evidence
from infra.clients import balancer
from infra.clients.api import Api, ApiUnreachable, Credentials
from infra.clients.balancer import Check
from infra.clients.running import must_be_none
from infra.cluster import Cluster
from infra.inventory import API_PORT
from tests.steps.phrases import phrase

PATH = "/readyz"


@given("the checks of the load balancer", target_fixture="checks")
def checks_of_balancer(cluster: Cluster, evidence: Evidence) -> dict[str, Check]:
    """By controller; a server that is none of ours is not among them."""
    shell = cluster.shell(cluster.spec.load_balancer.name)
    found = {c.address: c for c in balancer.checks(balancer.configuration(shell)).values()}
    addresses = {str(m.name): f"{m.private_ip}:{API_PORT}" for m in cluster.spec.controllers}
    checks = {name: found.get(address, Check(address)) for name, address in addresses.items()}
    evidence.table("checks", "API server, what it is", [(n, str(c)) for n, c in checks.items()])
    return checks


@then("each API server is asked whether it is ready, and says so to anybody")
def asked_for_readiness(cluster: Cluster, checks: dict[str, Check]) -> None:
    wrong = [f"{n} {c}" for n, c in checks.items() if not c.checked or c.path != PATH]
    wrong += [text for n in checks if (text := unready_for_nobody(cluster, n))]
    must_be_none(wrong, f"the load balancer asks each API server for {PATH}")


@then(
    phrase(
        "each is left when {fall:Count} checks have failed, which are {interval:Duration} apart at "
        "most"
    )
)
def left_in_time(checks: dict[str, Check], fall: int, interval: float) -> None:
    wrong = [f"{n} {c}" for n, c in checks.items() if c.fall > fall or c.interval > interval]
    must_be_none(wrong, f"a server is left after {fall} checks {interval:g} s apart at most")


def unready_for_nobody(cluster: Cluster, machine: str) -> str:
    """What is wrong when the balancer asks: it shows no certificate."""
    nobody = Credentials(ca=cluster.credentials("admin").ca)
    try:
        answer = Api(cluster.api_of(machine).base, nobody).ask("GET", PATH)
    except ApiUnreachable as error:
        return str(error)
    return "" if answer.ok else f"{machine} answers {answer.status} to nobody: {answer.text[:100]}"
