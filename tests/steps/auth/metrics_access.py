"""Each component's metrics, for whom they are and who is refused."""

from pathlib import Path

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra import observed_places
from infra.clients.auth import client_ca_matrix, metrics_access
from infra.clients.auth.metrics_access import Told, endpoints, local
from infra.clients.network import open_ports
from infra.clients.network.open_ports import Listening
from infra.clients.transport.tls_handshakes import NO_ANSWER
from infra.cluster import Cluster
from infra.kube_api import Credentials
from infra.machine_layout import SERIES
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

COMPONENT = one_of(endpoints(SERIES.ports))
ALONE = one_of(local(SERIES.ports))
EITHER = one_of(dict.fromkeys((*endpoints(SERIES.ports), *local(SERIES.ports))))
STATUS = one_of(["200", "401", "403", NO_ANSWER])
ANONYMOUS, UNKNOWN = "the anonymous client", "the client of the unknown CA"
ANSWERED = {
    (ANONYMOUS, "metrics"): ("nobody", "metrics without a certificate"),
    (UNKNOWN, "metrics"): ("stranger", "metrics with a certificate of an unknown authority"),
    (ANONYMOUS, "health"): ("health", "health without a certificate"),
}
Answers = dict[str, Told]


@given("a client of an unknown CA", target_fixture="stranger")
def stranger(cluster: Cluster, tmp_path: Path) -> Credentials:
    return client_ca_matrix.clients(cluster, tmp_path)[client_ca_matrix.STRANGER]


@when(
    phrase(
        "the metrics of each {component:Component} are requested by an authorized "
        "client, an anonymous client and the client of the unknown CA",
        Component=COMPONENT,
    ),
    target_fixture="metrics_answers",
)
def ask(cluster: Cluster, component: str, stranger: Credentials, evidence: Evidence) -> Answers:
    told = metrics_access.ask(cluster, component, stranger)
    rows = [[m, t.version, t.known, t.nobody, t.stranger, t.health] for m, t in told.items()]
    columns = ["machine", "version", "known", "nobody", "stranger", "health to nobody"]
    evidence.record(component, "table", {"columns": columns, "rows": rows})
    return told


@when(
    phrase(
        "the metrics of each {component:Alone} are requested on its machine, without a certificate",
        Alone=ALONE,
    ),
    target_fixture="metrics_answers",
)
def ask_locally(cluster: Cluster, component: str) -> Answers:
    return metrics_access.ask_locally(cluster, component)


@when("the listening ports of every component are read on its machine", target_fixture="ports")
def ask_where(cluster: Cluster) -> list[Listening]:
    return open_ports.of_all(cluster)


@then(phrase("each {component:Component} returns its own metrics", Component=EITHER))
def own_metrics(cluster: Cluster, metrics_answers: Answers, component: str) -> None:
    wanted = metrics_access.wanted_version(cluster, component)
    wrong = [
        f"{component} of {looked_at(machine)}: {seen.known}, named {seen.version or 'absent'}"
        for machine, seen in metrics_answers.items()
        if seen.known != "200" or not seen.version.startswith(wanted)
    ]
    must_be_none(wrong, f"metrics are the component's own and name {wanted}")


@then(
    phrase(
        "{client:Client} gets {status:Status} for {what:What}",
        Client=one_of([ANONYMOUS, UNKNOWN]),
        Status=STATUS,
        What=one_of(["metrics", "health"]),
    )
)
def answered(metrics_answers: Answers, client: str, status: str, what: str) -> None:
    attribute, words = ANSWERED[client, what]
    seen = {machine: getattr(one, attribute) for machine, one in metrics_answers.items()}
    wrong = [f"{machine}: {one}" for machine, one in seen.items() if one != status]
    must_be_none(wrong, f"{words}: {status}")


@then(phrase("no other machine reaches the metrics port of a {component:Alone}", Alone=ALONE))
def port_is_closed(cluster: Cluster, component: str) -> None:
    found = metrics_access.reached_from_outside(cluster, component)
    must_be_none(found, f"metrics of a {component} for anybody stay on its machine")


@then("each component listens on these ports and no others", target_fixture="secured")
def own_ports(ports: list[Listening], datatable: list[list[str]]) -> list[Listening]:
    """Those that are for TLS."""
    secure = {name: numbers(tls) for name, tls, _ in datatable[1:]}
    known = {name: secure[name] | numbers(plain) for name, _, plain in datatable[1:]}
    must_be_none(open_ports.beside(ports, known), "a component has its own ports only")
    return [one for one in ports if one.port in secure[one.component]]


@then("the ports with TLS answer no request without TLS")
def none_in_clear(cluster: Cluster, secured: list[Listening]) -> None:
    must_be_none(open_ports.answering(cluster, secured), "a port with TLS has it for everybody")


def numbers(cell: str) -> set[int]:
    """Of a cell like "2379, 2380"."""
    return {int(part) for part in cell.split(",") if part.strip()}


def looked_at(machine: str) -> str:
    observed_places.looked(machine)
    return machine
