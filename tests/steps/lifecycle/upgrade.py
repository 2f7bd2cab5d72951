"""The cluster upgraded to the next minor version, under clients that never retry."""

import time

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.workloads.pods import Workloads, manifest
from infra.artifacts.catalog import minor_of
from infra.clients.lifecycle import version_skew
from infra.clients.lifecycle.availability_probe import Asking
from infra.clients.transport.kubectl import Kubectl
from infra.cluster import Cluster
from infra.computer import load
from infra.errors import require
from infra.lifecycle.upgrade import cluster_upgrade
from infra.progress import Progress
from infra.settings import Settings
from infra.timing import POD_RUNS, scaled
from suite.expect import must_be_none
from suite.lifecycle import drain, outages, upgrade_journal
from suite.lifecycle import service_clients as clients_of_service
from suite.lifecycle.drain import Drill
from suite.lifecycle.outages import Outage
from suite.lifecycle.service_clients import ServiceClients
from suite.lifecycle.upgrade_journal import Journal
from tests.steps.lifecycle.drain_deployment import await_ready
from tests.steps.lifecycle.rolling_restart import Watched
from tests.steps.phrases import phrase


@given(
    phrase(
        "a Deployment that serves clients on every worker, with a PodDisruptionBudget that "
        "requires {count:Count} Ready Pod"
    ),
    target_fixture="drill",
)
def deployment_that_serves(
    workloads: Workloads, service_clients: ServiceClients, count: int
) -> Drill:
    body, api, namespace = manifest("serving"), workloads.pods.api, workloads.namespace
    api.create(f"/apis/apps/v1/namespaces/{namespace}/deployments", body)
    drill = Drill(api.at(api.base), namespace, body["metadata"]["name"], "", time.monotonic())
    await_ready(drill, body["spec"]["replicas"], within=POD_RUNS.seconds)
    drain.make_budget(drill, count, pods=body["spec"]["replicas"])
    service_clients.begin(drill, clients_of_service.expose(api, namespace, drill.deployment))
    return drill


@when("the cluster is upgraded to the next minor version", target_fixture="journal")
def upgrade(cluster: Cluster, settings: Settings, kubectl: Kubectl) -> Journal:
    client = kubectl.version()
    journal = Journal(lambda: version_skew.measure(cluster, client))
    wanted = minor_of(version_skew.shifted(cluster.spec.kubernetes, 1))
    journal.new = cluster_upgrade.upgrade(settings, wanted, Progress(), journal.hear).new
    return journal


@then(phrase("no client had an outage longer than {limit:Duration}"))
def no_outages(
    client: Asking,
    watches: Watched,
    service_clients: ServiceClients,
    direct: dict[str, Asking],
    journal: Journal,
    evidence: Evidence,
    limit: float,
) -> None:
    service_clients.close()
    clients = {"reader": client, "writer": watches.writer.asking, **service_clients.clients}
    found = outages.longest(clients, direct, journal.restarts.span, apart=scaled(limit))
    record(evidence, found, journal.timeline(outages.failures(clients, apart=scaled(limit))))
    must_be_none([str(o) for o in found if o.net > scaled(limit)], f"no outage over {limit:g} s")
    slowed = [str(o) for o in found if o.gross > scaled(limit)]
    require(not slowed, f"outside load, not the upgrade: {load.here()}; {slowed}")


def record(
    evidence: Evidence, found: list[Outage], timeline: list[tuple[str, float, float]]
) -> None:
    """What each client missed, and when: the report draws it beside the steps."""
    rows = [(o.client, o.asked, o.failed, round(o.gross, 1), round(o.net, 1)) for o in found]
    columns = "client, asked, failed, longest outage in s, without outside load in s"
    evidence.table("clients that do not retry", columns, rows)
    evidence.table("the upgrade and what clients missed", "name, from_s, to_s", timeline)


@then(
    "after each step of the upgrade the versions obey the skew policy, and every component has the "
    "next minor version at the end"
)
def skew_at_each_step(cluster: Cluster, journal: Journal, evidence: Evidence) -> None:
    rows = [(str(look.step), c, m, v) for look in journal.looks for c, m, v in look.rows()]
    evidence.table("versions after each step", "step, component, machine, version", rows)
    require(journal.looks, "the upgrade had no step (control)")
    wrong = upgrade_journal.broken_rules(journal.looks)
    wrong += upgrade_journal.not_upgraded(journal.looks[-1].versions, journal.new)
    must_be_none(wrong, f"from {cluster.spec.kubernetes} to {journal.new} in the supported order")
