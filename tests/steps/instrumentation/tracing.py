"""Traces that one API server sends, for whom, and that the others send none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.auth.service_accounts import Accounts
from fixtures.worlds.faults import Faults
from infra.clients.controlplane import control_plane_snapshot
from infra.clients.controlplane.control_plane_snapshot import Bystanders
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.kube_api import Api
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.instrumentation import tracing
from suite.instrumentation.tracing import Collector, Span, Traced
from tests.steps.lifecycle.rolling_restart import await_ready
from tests.steps.phrases import one_of, phrase

CREATES = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create"]}


@dataclass(frozen=True)
class Configured:
    """The API server that traces, and the processes of all of them before it was configured."""

    server: Api
    before: Bystanders


def told_nothing(cluster: Cluster, collector: Collector, _: Configured) -> list[str]:
    told = [m for m in tracing.told_to_trace(cluster) if m != collector.shell.name]
    return [f"{m} has {tracing.FLAG}" for m in told]


def restarted(cluster: Cluster, collector: Collector, configured: Configured) -> list[str]:
    found = control_plane_snapshot.process_differences(configured.before, processes(cluster))
    return [text for (machine, _), text in found.items() if machine != collector.shell.name]


OTHERS: Mapping[str, tuple[Callable[[Cluster, Collector, Configured], list[str]], str]] = {
    "is configured to export traces": (told_nothing, "the other API servers send nothing"),
    "has restarted": (restarted, "the other API servers go on"),
}
"""What is wrong with the API servers beside the one that traces, and what is claimed of them."""


@given(
    "a trace collector on a controller whose API server is configured to use it",
    target_fixture="configured",
)
def told_to_trace(cluster: Cluster, faults: Faults, collector: Collector) -> Configured:
    machine, layout, before = collector.shell.name, cluster.layout, processes(cluster)
    tracing.await_reach(cluster, collector)
    told = tracing.configuration(str(cluster.spec.machine(machine).private_ip))
    faults.add(machine, tracing.configuration_file(layout), told)
    file = tracing.unit_file(layout)
    unit = tracing.unit_with_tracing(collector.shell.get(file), layout)
    faults.replace(machine, file, unit, unit=layout.units.api_server)
    return Configured(ready_again(cluster, machine), before)


@when(
    "admin on every API server, and a ServiceAccount on the configured API server, send traced "
    "requests",
    target_fixture="traced",
)
def all_ask(
    cluster: Cluster, accounts: Accounts, namespace: str, configured: Configured
) -> dict[str, Traced]:
    """Admin there last: once its span has come, the others' would have too."""
    account, server = accounts.make("tracer", [CREATES]), configured.server
    servers = {f"admin on {m}": api for m, api in cluster.api_servers().items()}
    others = {who: api for who, api in servers.items() if api.base != server.base}
    asking = {"account": account.api(server), **others, "admin": server}
    return tracing.create_each(asking, f"/api/v1/namespaces/{namespace}/configmaps")


@then(
    phrase(
        'within {limit:Duration} the collector has the span "{name}" of admin\'s request '
        "to the configured API server"
    ),
    target_fixture="span",
)
def has_span(collector: Collector, traced: dict[str, Traced], limit: float, name: str) -> Span:
    """Batches are sent each 5 s. By the audit ID of the answer, in the trace that was asked for."""
    admin = traced["admin"]
    found = eventually(
        lambda: [one for one in collector.spans() if one.audit_id == admin.audit_id],
        lambda seen: name in [one.name for one in seen],
        within=scaled(limit),
        what=f"the collector has a span {name} of request {admin.audit_id}",
    )
    return tracing.top(found, name, trace=admin.trace)


@then(phrase('the span has the child span "{name:Name}"'))
def has_part(collector: Collector, span: Span, name: str, evidence: Evidence) -> None:
    parts = tracing.below(collector.spans(), span)
    names = {one.id: one.name for one in (span, *parts)}
    rows = [(one.name, names.get(one.parent, "the caller's trace")) for one in (span, *parts)]
    evidence.table("spans of one request", "span, part of", rows)
    if not any(one.name == name for one in parts):
        raise ClaimError(f"{name} should be a part of {span.name}: {[one.name for one in parts]}")


@then("the collector has no span of the other requests")
def no_others(collector: Collector, traced: dict[str, Traced]) -> None:
    odd = tracing.of(collector.spans(), [one for who, one in traced.items() if who != "admin"])
    must_be_none(odd, "only a privileged caller is traced, and only where tracing is set")


@then(phrase("no other API server {has:Has}", Has=one_of(OTHERS)))
def no_other(cluster: Cluster, collector: Collector, configured: Configured, has: str) -> None:
    wrong, claim = OTHERS[has]
    must_be_none(wrong(cluster, collector, configured), claim)


def processes(cluster: Cluster) -> Bystanders:
    return control_plane_snapshot.look(cluster, names=[cluster.layout.units.api_server])


def ready_again(cluster: Cluster, machine: str) -> Api:
    server = cluster.api_of(machine)
    await_ready(machine, server)
    return server
