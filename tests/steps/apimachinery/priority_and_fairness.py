"""Priority and fairness: built-in objects, where answers were put, levels live, seats."""

from collections.abc import Iterable, Iterator

import pytest
from pytest_bdd import given, then, when

from fixtures.worlds.faults import Faults
from infra.clients.apimachinery import priority_and_fairness
from infra.clients.apimachinery import priority_and_fairness_defaults as defaults
from infra.clients.apimachinery.priority_and_fairness import FLOW_SCHEMAS, PATH, Objects, unlike
from infra.clients.transport import prometheus
from infra.clients.transport.prometheus import Sample
from infra.cluster import Cluster
from infra.described import own_objects
from infra.errors import ClaimError
from infra.kube_api import Answer
from infra.timing import scaled
from infra.wait import eventually
from suite.apimachinery import priority_level_edits
from suite.expect import must_be_none
from tests.steps.instrumentation.component_metrics import looked_at
from tests.steps.phrases import Time, one_of, phrase

WHO: dict[str, tuple[str, ...]] = {
    "a member of system:masters": ("someone", "system:masters"),
    "a node": ("system:node:worker-0", "system:nodes"),
    "a system ServiceAccount": ("system:serviceaccount:kube-system:someone",),
    "another ServiceAccount": ("system:serviceaccount:default:someone",),
    "another user": ("someone",),
    "the controller manager": ("system:kube-controller-manager",),
    "the scheduler": ("system:kube-scheduler",),
}
"""User and groups to impersonate; an account's groups come with its name."""
WHAT = {
    "Nodes": "/api/v1/nodes",
    "Pods": "/api/v1/namespaces/default/pods",
    "a Lease": "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-0",
    "health": "/livez",
}


SHARES = {"at their earlier value": 0, "raised by one": 1}
"""More than before."""


@given("the cluster's FlowSchemas and priority levels", target_fixture="objects")
def stored_objects(cluster: Cluster) -> Objects:
    return priority_and_fairness.read(cluster.api)


EDITED = ("workload-low", "global-default")
"""Suggested levels; mandatory ones cannot be edited."""


@pytest.fixture
def edited_levels(cluster: Cluster, faults: Faults) -> dict[str, int]:
    """Shares by level before a scenario edits them; they come back with their mark."""
    for name in EDITED:
        faults.edit(priority_and_fairness.level_path(name), {})
    return {name: priority_and_fairness.shares(cluster.api, name) for name in EDITED}


@given(phrase('the priority level "{level:Name}" has its auto-update off'))
def marked_level(cluster: Cluster, edited_levels: dict[str, int], level: str) -> None:
    priority_level_edits.edit(cluster.api, level, shares=edited_levels[level], follows="false")


@when("a FlowSchema of a missing priority level is created", target_fixture="dangling_schema")
def make_dangling(cluster: Cluster, namespace: str) -> Iterator[str]:
    name = f"{namespace}-dangling"
    reference = {"priorityLevelConfiguration": {"name": f"{namespace}-absent"}}
    metadata = own_objects.labelled(FLOW_SCHEMAS, name)
    body = {"metadata": metadata, "spec": {**reference, "matchingPrecedence": 9000}}
    cluster.api.create(FLOW_SCHEMAS, body)
    yield name
    cluster.api.delete(f"{PATH}/flowschemas/{name}")


@when(phrase('the shares of "{one:Name}" and of "{other:Name}" are raised by one'))
def raise_shares(cluster: Cluster, edited_levels: dict[str, int], one: str, other: str) -> None:
    priority_level_edits.edit(cluster.api, one, shares=edited_levels[one] + 1)
    priority_level_edits.edit(cluster.api, other, shares=edited_levels[other] + 1)


@when(
    phrase('the suggested FlowSchema "{schema:Name}" is deleted'), target_fixture="deleted_schema"
)
def delete_suggested(cluster: Cluster, schema: str) -> Iterator[str]:
    """If no API server makes it again, we do: other scenarios need it."""
    path = f"{PATH}/flowschemas/{schema}"
    uid = cluster.api.get(path)["metadata"]["uid"]
    cluster.api.delete(path)
    yield uid
    if cluster.api.find(path) is None:
        body = {"metadata": {"name": schema}, "spec": defaults.SCHEMAS[schema]}
        cluster.api.create(f"{PATH}/flowschemas", body)


@when(
    phrase(
        "{who:Who} requests {what:What} from each API server", Who=one_of(WHO), What=one_of(WHAT)
    ),
    target_fixture="answers",
)
def ask_as(cluster: Cluster, who: str, what: str) -> dict[str, Answer]:
    """By machine."""
    return {
        machine: api.impersonating(*WHO[who]).ask("GET", WHAT[what])
        for machine, api in cluster.api_servers().items()
    }


@then(
    phrase(
        "the built-in {kind:Kind} are the documented ones, field by field",
        Kind=one_of(["FlowSchemas", "priority levels"]),
    )
)
def documented(objects: Objects, kind: str) -> None:
    wanted, stored, name = {
        "FlowSchemas": (defaults.SCHEMAS, objects.schemas, "flow schemas"),
        "priority levels": (defaults.LEVELS, objects.levels, "priority levels"),
    }[kind]
    wrong = defaults.unlike(wanted, stored) + defaults.let_go(wanted, stored)
    must_be_none(wrong, f"{name} are as documented")


@then("no built-in FlowSchema is dangling")
def none_dangles(cluster: Cluster) -> None:
    """Read now: a schema of an absent level was made before."""
    stored = priority_and_fairness.read(cluster.api).schemas
    seen = {
        name: priority_and_fairness.is_dangling(item)
        for name, item in stored.items()
        if name in defaults.SCHEMAS
    }
    must_be_none([f"{n}: {s}" for n, s in seen.items() if s != "False"], "no schema dangles")


@then(phrase("within {limit:Duration} the new FlowSchema is dangling"))
def dangles(cluster: Cluster, dangling_schema: str, limit: float) -> None:
    eventually(
        lambda: priority_and_fairness.is_dangling(
            cluster.api.get(f"{PATH}/flowschemas/{dangling_schema}")
        ),
        lambda status: status == "True",
        within=scaled(limit),
        what=f"the flow schema {dangling_schema} dangles",
    )


@then(phrase('{time:Time}the shares of "{level:Name}" are {more:More}', More=one_of(SHARES)))
def shares_are(
    cluster: Cluster, edited_levels: dict[str, int], time: Time, level: str, more: str
) -> None:
    """Each API server looks once a minute (storage_flowcontrol.go of kubernetes, T9)."""
    wanted = edited_levels[level] + SHARES[more]
    time.must(
        lambda: priority_and_fairness.shares(cluster.api, level),
        lambda shares: shares == wanted,
        what=f"the shares of {level} are {wanted}, {more}",
    )


@then(phrase('within {limit:Duration} the FlowSchema "{schema:Name}" is created again'))
def comes_back(cluster: Cluster, deleted_schema: str, schema: str, limit: float) -> None:
    """Another object, with the documented spec: each API server looks once a minute (T9)."""
    stored = eventually(
        lambda: cluster.api.find(f"{PATH}/flowschemas/{schema}") or {},
        lambda seen: bool(seen) and seen["metadata"]["uid"] != deleted_schema,
        within=scaled(limit),
        what=f"the API servers have made the flow schema {schema} again",
    )
    wrong = defaults.unlike({schema: defaults.SCHEMAS[schema]}, {schema: stored})
    must_be_none(wrong, "it comes back as documented")


@then(
    phrase('an edit of the mandatory priority level "{level:Name}" is refused with {status:Count}')
)
def edit_refused(cluster: Cluster, level: str, status: int) -> None:
    shares = priority_and_fairness.shares(cluster.api, level)
    answer = priority_level_edits.ask_to_edit(cluster.api, level, shares=shares + 1)
    if answer.status != status:
        raise ClaimError(f"{level} should refuse an edit with {status}; it was {answer.status}")


@then(
    phrase(
        'every response carries the FlowSchema "{schema:Name}" and the priority level '
        '"{level:Name}"'
    )
)
def put_there(objects: Objects, answers: dict[str, Answer], schema: str, level: str) -> None:
    looked_at(answers)
    wrong = objects.not_put_into(answers, (schema, level))
    must_be_none(wrong, f"each API server puts it into {schema} at {level}")


@then(phrase('every response is 403 and carries the FlowSchema "{schema:Name}"'))
def refused_there(objects: Objects, answers: dict[str, Answer], schema: str) -> None:
    looked_at(answers)
    seen = {m: (a.status, objects.put_into(a)[0]) for m, a in answers.items()}
    wrong = [f"API server of {m}: {one}" for m, one in seen.items() if one != (403, schema)]
    must_be_none(wrong, f"each API server refuses with 403, put into {schema}")


@then(
    "the seats on each API server follow from the documented total and the shares of "
    "the priority levels"
)
def seats_follow(objects: Objects, samples: dict[str, list[Sample]]) -> None:
    looked_at(samples)
    wanted = priority_and_fairness.nominal_seats(priority_and_fairness.ALL_SEATS, objects.levels)
    wrong: list[str] = []
    for machine, found in samples.items():
        seen = seats_by_level(found, wanted)
        wrong += [f"API server of {machine}, {line}" for line in unlike(wanted, seen)]
    must_be_none(wrong, f"{priority_and_fairness.ALL_SEATS} seats are shared out by the formula")


def seats_by_level(found: list[Sample], names: Iterable[str]) -> dict[str, float | None]:
    """Nominal seats by priority level, as one API server's metrics have them."""
    return {
        name: prometheus.value(found, priority_and_fairness.SEATS, priority_level=name)
        for name in names
    }
