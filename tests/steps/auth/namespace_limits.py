"""Who may resize and how far: permissions, quota and limit ranges."""

from collections.abc import Callable, Mapping

from pytest_bdd import given, then, when

from fixtures.worlds.workloads.pods import Workloads
from infra.cluster import Cluster
from infra.kube_api import Answer
from infra.timing import scaled
from infra.wait import eventually
from suite.auth.namespace_limits import (
    Account,
    count_in_quota,
    limit_range,
    make_account,
    make_quota,
)
from suite.workloads import dry_runs
from suite.workloads.pod_resize import ARTICLE
from suite.workloads.pod_under_test import RunningPod
from suite.workloads.pods import Pods
from tests.steps.phrases import one_of, phrase

LIMITS: Mapping[str, Callable[[Pods, str], None]] = {
    "limit range": limit_range,
    "quota": make_quota,
}
"""A limit range is of each container, a quota of what all Pods request."""


@given("a ServiceAccount that may patch Pods", target_fixture="patching_account")
def account_that_patches(workloads: Workloads) -> Account:
    account = make_account(workloads.pods)
    account.grant("pods")
    return account


@given(
    phrase(
        "a {kind:Kind} with a maximum of {cpu:Quantity} CPU {of:Of}",
        Kind=one_of(LIMITS),
        Of=one_of(["in requests", "per container"]),
    )
)
def at_most(workloads: Workloads, kind: str, cpu: str) -> None:
    LIMITS[kind](workloads.pods, cpu)


@when("the ServiceAccount requests a resize to the article's resources", target_fixture="answer")
def account_resizes(cluster: Cluster, patching_account: Account, pod: RunningPod) -> Answer:
    """After its right to patch the Pod itself is in force, so that only the resize is refused."""
    patching_account.await_patching(cluster, pod.name)
    return resized_by(cluster, patching_account, pod)


@when("the ServiceAccount may patch the resize subresource too")
def grant_resize(patching_account: Account) -> None:
    patching_account.grant("pods/resize")


@then(
    phrase(
        "within {limit:Duration} the ServiceAccount's resize to the article's resources is accepted"
    )
)
def account_may_resize(
    cluster: Cluster, patching_account: Account, pod: RunningPod, limit: float
) -> None:
    eventually(
        lambda: statuses(dry_runs.judged(resized_by(cluster, patching_account, pod))),
        lambda seen: set(seen.values()) == {200},
        within=scaled(limit),
        what=f"{patching_account.user} may resize {pod.name} by each API server",
    )


@then(phrase("within {limit:Duration} the quota counts {cpu:Quantity} CPU in requests"))
def quota_counts(workloads: Workloads, limit: float, cpu: str) -> None:
    eventually(
        lambda: count_in_quota(workloads.pods),
        lambda used: used == cpu,
        within=scaled(limit),
        what=f"the quota counts {cpu} of requested CPU",
    )


def resized_by(cluster: Cluster, account: Account, pod: RunningPod) -> Answer:
    return dry_runs.ask(
        cluster,
        account.pods.api,
        lambda api, params: account.pods.by(api).resize(pod.name, ARTICLE, **params),
    )


def statuses(answers: Mapping[str, Answer]) -> dict[str, int]:
    return {who: answer.status for who, answer in answers.items()}
