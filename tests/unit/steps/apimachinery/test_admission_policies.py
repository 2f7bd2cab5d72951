"""Policies and their servers: each Then-step goes red with a message one understands."""

from typing import Any, cast

import pytest

from fixtures.worlds.apimachinery.admission_policies import Policies
from infra.cluster import Cluster
from infra.errors import NotJudged, NotPrepared
from suite.apimachinery.admission_policies import (
    GROUP,
    KINDS,
    Policy,
    not_as_written,
    plural,
)
from tests.steps.apimachinery import admission_policies, api_servers
from tests.steps.phrases import NOW, Time
from tests.unit.admission_fake import LATEST, NAME, JudgingCluster, judged, refused
from tests.unit.fakes import NoEvidence, goes_red

Made = tuple[Policies, Policy, JudgingCluster]
ARGUMENTS = "kube-apiserver\0--secure-port=6443"


@pytest.fixture
def made() -> Made:
    return judged()


def metrics(number: int) -> str:
    labels = f'enforcement_action="deny",policy="{NAME}"'
    return f"apiserver_validating_admission_policy_check_total{{{labels}}} {number}\n"


def running(cluster: JudgingCluster, *, refusals: int, pid: int = 7, argv: str = ARGUMENTS) -> None:
    for name, api in cluster.apis.items():
        api.table["/metrics"] = metrics(refusals)
        cluster.shells[name].answers.update(
            {"systemctl show": f"MainPID={pid}\nActiveState=active\n", f"cat /proc/{pid}": argv}
        )


def discovery(*names: str) -> dict[str, Any]:
    return {"resources": [{"name": name} for name in names]}


WITHIN, CHECKED = Time("within", 30), "that it was type-checked"
SERVED = "serves both kinds of admission policy and of binding at v1"
VALIDATING = "serves validating admission policies and bindings at v1, and no mutating ones"
STATUS = "serves a status of validating admission policies only"


def test_what_is_served(made: Made) -> None:
    _, _, cluster = made
    wanted = [plural(kind + end) for kind in KINDS for end in ("", "Binding")]
    for api in cluster.apis.values():
        api.table[GROUP] = discovery(*wanted, f"{wanted[0]}/status")
    live = cast("Cluster", cluster)
    api_servers.each_does(live, SERVED)
    api_servers.each_does(live, STATUS)
    cluster.apis["controller-1"].table[GROUP] = discovery(*wanted[:2], f"{wanted[2]}/status")
    goes_red("controller-1 lacks.*mutatingadmissionpolicies", api_servers.each_does, live, SERVED)
    goes_red("controller-1 serves.*mutating.*/status", api_servers.each_does, live, STATUS)


def test_a_kind_that_comes_with_a_later_version(made: Made) -> None:
    _, _, cluster = made
    both = [plural(kind + end) for kind in KINDS for end in ("", "Binding")]
    for api in cluster.apis.values():
        api.table[GROUP] = discovery(*both[:2], f"{both[0]}/status")
    live = cast("Cluster", cluster)
    api_servers.each_does(live, VALIDATING)
    cluster.apis["controller-2"].table[GROUP] = discovery(*both, f"{both[0]}/status")
    goes_red("controller-2 serves.*'mutating", api_servers.each_does, live, VALIDATING)
    cluster.apis["controller-2"].table[GROUP] = discovery(both[0])
    goes_red("controller-2 serves ", api_servers.each_does, live, VALIDATING)


def test_what_is_stored(made: Made) -> None:
    policies, policy, cluster = made
    for api in cluster.apis.values():
        api.table[policy.path] = {"spec": {**policy.spec, "failurePolicy": "Fail"}}
        api.table[policy.binding_path] = {"spec": policy.binding_spec({})}
    admission_policies.as_written(policies)
    cluster.apis["controller-2"].table[policy.path] = {"spec": {"validations": []}}
    goes_red(
        r"controller-2 ns-refuses-latest-tags: spec.validations is \[\] instead of",
        admission_policies.as_written,
        policies,
    )
    assert not_as_written({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 2}]}) == [
        "spec.a[0].b is 1 instead of 2"
    ]


def test_counts_of_refusals(made: Made) -> None:
    policies, policy, cluster = made
    running(cluster, refusals=4)
    first = admission_policies.counts(policies, policy)
    recorded: Any = NoEvidence()
    goes_red(
        r"count one more refusal; it was and is .*controller-0': \(4.0, 4.0\)",
        admission_policies.one_more,
        policies,
        policy,
        first,
        recorded,
    )
    running(cluster, refusals=5)
    admission_policies.one_more(policies, policy, first, recorded)
    assert recorded.recorded[-1][2]["rows"][0] == ["controller-0", 4.0, 5.0]


def test_processes_and_their_arguments(made: Made) -> None:
    policies, policy, cluster = made
    running(cluster, refusals=0)
    first = admission_policies.counts(policies, policy)
    admission_policies.same_processes(policies, policy, first)
    running(cluster, refusals=0, pid=9, argv="x\0--admission-control-config-file=y")
    goes_red(
        "process 7 is now 9.*started with --adm",
        admission_policies.same_processes,
        *made[:2],
        first,
    )


def test_webhooks(made: Made) -> None:
    policies, _, cluster = made
    rule = {"apiGroups": [""], "resources": ["configmaps"]}
    hook = {"name": "h", "rules": [rule]}
    items = {"items": [{"metadata": {"name": "guard"}, "webhooks": [hook]}]}
    cluster.api.table[f"{GROUP}/validatingwebhookconfigurations"] = items
    cluster.api.table[f"{GROUP}/mutatingwebhookconfigurations"] = {"items": []}
    admission_policies.no_webhook(policies)
    rule.update(apiGroups=["*"], resources=["deployments"])
    goes_red(
        "refused it; instead: guard/h for deployments", admission_policies.no_webhook, policies
    )
    rule.update(apiGroups=[""], resources=["pods"])
    goes_red("refused it; instead: guard/h for pods", admission_policies.no_webhook, policies)


def test_the_type_check(made: Made) -> None:
    _, policy, cluster = made
    warning = {"fieldRef": "spec.validations[0].expression", "warning": "undefined field 'replica'"}
    seen: dict[str, Any] = {"metadata": {"generation": 1}, "status": {}}
    cluster.api.table[policy.path] = seen
    reports, field, checked = admission_policies.status_reports, "the unknown field", CHECKED
    goes_red("unknown field: not within 30 s", reports, policy, WITHIN, field)
    goes_red("type-checked: not within", reports, policy, WITHIN, checked)
    goes_red("reports no problem; it is", reports, policy, NOW, "no problem")
    seen["status"] = {
        "observedGeneration": 1,
        "typeChecking": {"expressionWarnings": [warning]},
    }
    reports(policy, WITHIN, field)
    reports(policy, WITHIN, checked)
    admission_policies.policy_unchanged(policy)
    goes_red("reports no problem; it is .*replica", reports, policy, NOW, "no problem")
    seen["status"]["typeChecking"] = {}
    reports(policy, NOW, "no problem")
    seen["metadata"]["generation"] = 2
    goes_red("changed the policy: its generation is 2", admission_policies.policy_unchanged, policy)


def test_a_policy_that_never_shows_is_not_judged(made: Made) -> None:
    policies, _, cluster = made
    with pytest.raises(
        NotPrepared,
        match=r"no effect on controller-0.*has loaded the policy[^$]*without the policy: contr",
    ):
        policies.in_force("refuses latest tags")
    for end in ("", "Binding"):
        cluster.api.table[f"POST {GROUP}/{plural(KINDS[0] + end)}"] = {}
    for api in cluster.apis.values():
        api.verdict = refused(message="quota")
    with pytest.raises(NotPrepared, match="422 quota"):
        policies.in_force("refuses latest tags")


def test_a_leftover_is_told(made: Made) -> None:
    policies, policy, cluster = made
    policies.remove()
    cluster.api.table[f"GET {policy.path}"] = {"metadata": {}}
    with pytest.raises(NotJudged, match=f"still stored after deletion: .*{NAME}"):
        policies.remove()


def test_effects_that_stay_are_told(made: Made) -> None:
    policies, _, cluster = made
    policies.probes.append((LATEST, policies.tried(LATEST)))
    policies.remove()
    cast("Any", cluster.apis["controller-2"]).verdict = refused()
    with pytest.raises(NotJudged, match="as before the policies: not within 10 s"):
        policies.remove()
