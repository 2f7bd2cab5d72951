"""The configuration of a kubelet in its log, as who may read the log reads it."""

from pytest_bdd import then, when

from fixtures.plugin.recording import Evidence
from infra.clients.controlplane import process_flags
from infra.clients.instrumentation import logged_configuration
from infra.clients.instrumentation.node_log_query import NodeLogs
from infra.clients.node import kubelet
from infra.clients.node.kubelet_api import told
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import Answer
from suite.expect import must_be_none
from tests.steps.auth.kubelet_api_access import Caller
from tests.steps.phrases import phrase

SHOWN = 3000
"""Characters of a log in the evidence: where a kubelet's flags and its configuration stand."""


@when(
    "the ServiceAccount reads the log of the worker's kubelet since its start",
    target_fixture="start_log",
)
def read_log(cluster: Cluster, caller: Caller, changed: str, evidence: Evidence) -> Answer:
    since = logged_configuration.since_start(cluster.shell(changed))
    answer = NodeLogs(caller.at(changed)).query(cluster.layout.units.kubelet, **since)
    evidence.record("the beginning of the log", "text", answer.text[:SHOWN])
    return answer


@then("the log has every setting that the kubelet returns to admin")
def has_settings(cluster: Cluster, changed: str, start_log: Answer) -> None:
    logged = logged_configuration.configuration(read(start_log))
    missing = logged_configuration.unlogged(kubelet.settings(cluster.api, changed), logged)
    must_be_none(missing, f"the log of the kubelet of {changed} has its configuration")


@then("the log has no private key of the worker")
def has_no_key(cluster: Cluster, changed: str, start_log: Answer) -> None:
    certificate = cluster.layout.certificates.kubelet
    key = cluster.shell(changed).get(certificate.replace(".pem", "-key.pem"))
    found = logged_configuration.secrets_in(read(start_log), [key])
    must_be_none(found, f"the log of the kubelet of {changed} has no key")


@then("the log has the flags of the kubelet")
def has_flags(cluster: Cluster, changed: str, start_log: Answer) -> None:
    given, logged = process_flags.of(cluster, changed, "kubelet"), read(start_log)
    missing = sorted(given.keys() - logged_configuration.flags(logged))
    must_be_none(missing, f"the log of the kubelet of {changed} has its flags")


@then("the log has no configuration of the kubelet")
def has_no_configuration(changed: str, start_log: Answer) -> None:
    lines = [one for one in read(start_log).splitlines() if logged_configuration.ANY in one]
    must_be_none(lines, f"the kubelet of {changed} does not log its configuration")


@then(
    phrase(
        "the worker's kubelet refuses its configuration to the ServiceAccount with {status:Count}"
    )
)
def refuses_configuration(caller: Caller, changed: str, status: int) -> None:
    answer = caller.at(changed).ask("/configz")
    if answer.status != status:
        raise ClaimError(f"the configuration should be refused with {status}: {told(answer)}")


def read(start_log: Answer) -> str:
    """Errors: ClaimError when the log itself was refused."""
    if start_log.status != 200:
        raise ClaimError(
            f"a ServiceAccount that may read logs should be answered: {told(start_log)}"
        )
    return start_log.text
