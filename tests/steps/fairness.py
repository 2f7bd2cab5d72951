"""Priority and fairness: built-in objects, where answers were put, levels live, seats."""

from collections.abc import Iterator

import pytest
from pytest_bdd import given, then, when

from fixtures.accounts import Accounts
from fixtures.faults import Faults
from fixtures.recording import Evidence
from infra.clients import fairness, metrics
from infra.clients.api import Answer, need
from infra.clients.fairness import COLUMNS, DUMP, LEVELS, PATH, SCHEMAS, Dumps, Objects, unlike
from infra.clients.metrics import Sample
from infra.clients.running import RunningPod, must_be_none
from infra.cluster import Cluster
from infra.errors import ClaimError
from infra.timing import scaled
from infra.wait import eventually
from tests.steps.phrases import one_of, phrase

WHO: dict[str, tuple[str, ...]] = {
    "a member of masters": ("someone", "system:masters"),
    "a node": ("system:node:worker-0", "system:nodes"),
    "an account of the system": ("system:serviceaccount:kube-system:someone",),
    "another account": ("system:serviceaccount:default:someone",),
    "another user": ("someone",),
    "the scheduler": ("system:kube-scheduler",),
}
"""User and groups to impersonate; an account's groups come with its name."""
WHAT = {
    "Nodes": "/api/v1/nodes",
    "Pods": "/api/v1/namespaces/default/pods",
    "a Lease": "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-0",
    "health": "/livez",
}


@given("the cluster's flow schemas and priority levels", target_fixture="objects")
def stored_objects(cluster: Cluster) -> Objects:
    return fairness.read(cluster.api)


EDITED = ("workload-low", "global-default")
"""Suggested levels; mandatory ones cannot be edited."""


@pytest.fixture
def edited_levels(cluster: Cluster, faults: Faults) -> dict[str, int]:
    """Shares by level before a scenario edits them; they come back with their mark."""
    for name in EDITED:
        faults.edit(fairness.level_path(name), {})
    return {name: fairness.shares(cluster.api, name) for name in EDITED}


@given(phrase('the level "{level:Name}" is marked to keep its edits'))
def marked_level(cluster: Cluster, edited_levels: dict[str, int], level: str) -> None:
    fairness.edit(cluster.api, level, shares=edited_levels[level], follows="false")


@given("the live state of the levels on each API server", target_fixture="before")
def live_state(cluster: Cluster) -> Dumps:
    return fairness.dumps(cluster.api_servers())


@when("a flow schema of a level that is not there is made", target_fixture="made")
def make_dangling(cluster: Cluster, namespace: str) -> Iterator[str]:
    name = f"{namespace}-dangling"
    reference = {"priorityLevelConfiguration": {"name": f"{namespace}-absent"}}
    body = {"metadata": {"name": name}, "spec": {**reference, "matchingPrecedence": 9000}}
    cluster.api.create(f"{PATH}/flowschemas", body)
    yield name
    cluster.api.delete(f"{PATH}/flowschemas/{name}")


@when(phrase('the shares of "{one:Name}" and of "{other:Name}" are raised by one'))
def raise_shares(cluster: Cluster, edited_levels: dict[str, int], one: str, other: str) -> None:
    fairness.edit(cluster.api, one, shares=edited_levels[one] + 1)
    fairness.edit(cluster.api, other, shares=edited_levels[other] + 1)


@when(phrase("admin asks each API server {count:Count} times"))
def ask_each(cluster: Cluster, count: int) -> None:
    for api in cluster.api_servers().values():
        for _ in range(count):
            need(api.ask("GET", WHAT["Nodes"]))


@when(
    phrase("{who:Who} asks for {what:What}", Who=one_of(WHO), What=one_of(WHAT)),
    target_fixture="answer",
)
def ask_as(cluster: Cluster, who: str, what: str) -> Answer:
    return cluster.api.impersonating(*WHO[who]).ask("GET", WHAT[what])


@then("the built-in flow schemas have their documented levels and precedence")
def documented_schemas(objects: Objects) -> None:
    seen = {n: fairness.schema_of(i) for n, i in objects.schemas.items() if n in SCHEMAS}
    must_be_none(unlike(SCHEMAS, seen), "flow schemas have their documented level and precedence")


@then("the built-in levels have their documented types and shares")
def documented_levels(objects: Objects) -> None:
    seen = {n: fairness.level_of(i) for n, i in objects.levels.items() if n in LEVELS}
    must_be_none(unlike(LEVELS, seen), "levels have their documented type, shares and lendable")


@then("none of the built-in flow schemas dangles")
def none_dangles(objects: Objects) -> None:
    seen = {n: fairness.is_dangling(i) for n, i in objects.schemas.items() if n in SCHEMAS}
    must_be_none([f"{n}: {s}" for n, s in seen.items() if s != "False"], "no schema dangles")


@then(phrase("within {limit:Duration} it dangles"))
def dangles(cluster: Cluster, made: str, limit: float) -> None:
    eventually(
        lambda: fairness.is_dangling(cluster.api.get(f"{PATH}/flowschemas/{made}")),
        lambda status: status == "True",
        within=scaled(limit),
        what=f"the flow schema {made} dangles",
    )


@then(phrase('within {limit:Duration} the shares of "{level:Name}" are as before'))
def shares_heal(cluster: Cluster, edited_levels: dict[str, int], level: str, limit: float) -> None:
    """Each API server looks once a minute (storage_flowcontrol.go of kubernetes, T9)."""
    eventually(
        lambda: fairness.shares(cluster.api, level),
        lambda shares: shares == edited_levels[level],
        within=scaled(limit),
        what=f"the shares of {level} are {edited_levels[level]} again",
    )


@then(phrase('the shares of "{level:Name}" are still raised by one'))
def shares_stay(cluster: Cluster, edited_levels: dict[str, int], level: str) -> None:
    now, wanted = fairness.shares(cluster.api, level), edited_levels[level] + 1
    if now != wanted:
        raise ClaimError(f"{level} is marked to keep its {wanted} shares; it has {now}")


@then(phrase('an edit of the mandatory level "{level:Name}" is refused with {status:Count}'))
def edit_refused(cluster: Cluster, level: str, status: int) -> None:
    shares = fairness.shares(cluster.api, level)
    answer = fairness.ask_to_edit(cluster.api, level, shares=shares + 1)
    if answer.status != status:
        raise ClaimError(f"{level} should refuse an edit with {status}; it was {answer.status}")


@then("each tells of every level in the documented columns")
def tells_levels(cluster: Cluster, evidence: Evidence) -> None:
    now = fairness.dumps(cluster.api_servers())
    rows = [[m, *row.values()] for m, (_, levels) in now.items() for row in levels.values()]
    evidence.record("levels live", "table", {"columns": ["API server", *COLUMNS], "rows": rows})
    must_be_none(fairness.untold(now), "each API server tells of every level")


@then(phrase('each dispatched at least {count:Count} more requests at level "{level:Name}"'))
def dispatched(cluster: Cluster, before: Dumps, count: int, level: str) -> None:
    now = fairness.dumps(cluster.api_servers())
    column = "DispatchedRequests"
    more = {m: int(now[m][1][level][column]) - int(before[m][1][level][column]) for m in now}
    wrong = [f"{machine}: {grown} more" for machine, grown in more.items() if grown < count]
    must_be_none(wrong, f"each API server dispatched at least {count} more at {level}")


@then(phrase('each tells of the queues of "{level:Name}", and of this request with its user'))
def tells_queues_and_requests(cluster: Cluster, level: str) -> None:
    """The request for requests is being executed, so that it is one of them."""
    wrong: list[str] = []
    for machine, api in cluster.api_servers().items():
        wrong += [f"{machine}: {text}" for text in fairness.untold_parts(api, level)]
    must_be_none(wrong, "each API server tells of queues and requests live")


@then("an account without rights is refused the live state with 403")
def dump_refused(accounts: Accounts) -> None:
    answer = accounts.api(accounts.make("plain")).ask("GET", DUMP)
    if answer.status != 403:
        raise ClaimError(f"{DUMP} should be refused with 403; it was {answer.status}")


@then(phrase('the answer tells of flow schema "{schema:Name}" and level "{level:Name}"'))
def put_there(objects: Objects, answer: Answer, schema: str, level: str) -> None:
    place = objects.put_into(answer)
    if place != (schema, level):
        asked = f"{answer.url}, answered {answer.status},"
        raise ClaimError(f"{asked} should be put into {schema} at {level}; it was {place}")


@then(phrase('it is refused with 403 and the answer tells of flow schema "{schema:Name}"'))
def refused_there(objects: Objects, answer: Answer, schema: str) -> None:
    place = objects.put_into(answer)
    if (answer.status, place[0]) != (403, schema):
        seen = f"{answer.status}, put into {place}"
        raise ClaimError(f"{answer.url} should be 403, put into {schema}; it was {seen}")


@then("the answer to a follower of the Pod's log tells of no place")
def follower_has_no_place(objects: Objects, pod: RunningPod) -> None:
    answer = pod.pods.api.begin(pod.pods.path(pod.name, "log"), follow="true")
    must_have_no_place(objects, answer, status=200)


@then("the answer to a request for a command in the Pod tells of no place")
def command_has_no_place(objects: Objects, pod: RunningPod) -> None:
    """A plain request, which is answered 400: what is put where is decided by its path."""
    answer = pod.pods.api.ask("GET", pod.pods.path(pod.name, "exec"), params={"command": "true"})
    must_have_no_place(objects, answer, status=400)


@then("the answer to an unknown token is 401 and tells of no place")
def unknown_has_no_place(objects: Objects, cluster: Cluster) -> None:
    answer = cluster.api.with_token("unknown").ask("GET", WHAT["Pods"])
    must_have_no_place(objects, answer, status=401)


@then("each API server's seats follow from its flags and the levels' shares")
def seats_follow(cluster: Cluster, objects: Objects, samples: dict[str, list[Sample]]) -> None:
    wrong: list[str] = []
    for machine, found in samples.items():
        wanted = fairness.nominal_seats(fairness.all_seats(cluster.api_of(machine)), objects.levels)
        seen = {name: metrics.value(found, fairness.SEATS, priority_level=name) for name in wanted}
        wrong += [f"{machine}, {line}" for line in unlike(wanted, seen)]
    must_be_none(wrong, "nominal seats follow from flags and shares")


def must_have_no_place(objects: Objects, answer: Answer, *, status: int) -> None:
    place = objects.put_into(answer)
    if (answer.status, place) != (status, ("", "")):
        seen = f"{answer.status}, put into {place}"
        raise ClaimError(f"{answer.url} should be {status} and have no place; it was {seen}")
