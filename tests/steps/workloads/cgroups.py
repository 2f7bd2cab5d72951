"""What the kernel of a worker allows a Pod and its containers."""

import re

from pytest_bdd import given, then

from fixtures.plugin.recording import Evidence
from infra import quantity
from infra.clients.workloads import cgroups
from infra.clients.workloads.cgroups import Cgroup, NoCgroup, PodCgroups
from infra.errors import ClaimError, NotPrepared
from infra.timing import scaled
from infra.wait import eventually
from suite.workloads.pod_under_test import RunningPod
from suite.workloads.pods import Figures
from tests.steps.phrases import Time, phrase


@given(phrase("the Pod's cgroups allow {limits:Figures}"))
def allow_from_the_start(pod: RunningPod, limits: Figures) -> None:
    """Half of claim 70.1: a kubelet that writes no limits is a false claim, not a bad start."""
    if not all_allow(pod.first.cgroups, limits=limits):
        raise ClaimError(f"{pod.name} starts with other limits than {limits}: {pod.first.cgroups}")


@then(phrase("{time:Time}the Pod's cgroups allow {limits:Figures}"))
def allow(pod: RunningPod, time: Time, limits: Figures, evidence: Evidence) -> None:
    """At the Pod's slice and in its only container."""
    seen = time.must(
        pod.cgroups,
        lambda seen: all_allow(seen, limits=limits),
        what=f"cgroups of {pod.name} allow {limits}",
    )
    rows = cgroups.rows(pod.first.cgroups, seen)
    evidence.record(f"cgroups at {limits['cpu']}", "cgroup-change", {"rows": rows})


@then(phrase("within {limit:Duration} the cgroup of {scope:Scope} allows {limits:Figures}"))
def scope_comes_to_allow(pod: RunningPod, limit: float, scope: str, limits: Figures) -> None:
    eventually(
        lambda: pod.cgroups().all().get(scope),
        lambda seen: seen is not None and one_allows(seen, limits),
        within=scaled(limit),
        what=f"{scope} of {pod.name} allows {limits}",
        transient=(NoCgroup,),  # between two containers, when a resize restarts one
    )


@then(phrase("the cgroup of {scope:Scope} allows {limits:Figures}"))
def scope_allows(pod: RunningPod, scope: str, limits: Figures) -> None:
    seen = pod.cgroups().all()[scope]
    if not one_allows(seen, limits):
        raise ClaimError(f"{scope} of {pod.name} should allow {limits}; it has {seen}")


@then(phrase("the cgroup of {scope:Scope} has no limit"))
def scope_has_no_limit(pod: RunningPod, scope: str) -> None:
    seen = pod.cgroups().all()[scope]
    if not seen.allows(None, None):
        raise ClaimError(f"{scope} of {pod.name} should have no limit; it has {seen}")


@given(phrase('the runc on the Pod\'s worker is "{version:Name}" or newer'))
def runc_is(pod: RunningPod, version: str) -> None:
    """Older ones weigh a container by the kubelet's line: the figures below are not theirs."""
    found = cgroups.runc_version(pod.shell)
    if numbers(found) < numbers(version):
        raise NotPrepared(f"runc of {pod.node} is {found}; these weights need {version} or newer")


@then(phrase("the cgroup of {scope:Scope} has the CPU weight {weight:Count}"))
def scope_weighs(pod: RunningPod, scope: str, weight: int) -> None:
    seen = pod.cgroups().all()[scope].cpu_weight
    if seen != weight:
        raise ClaimError(f"{scope} of {pod.name} should weigh {weight}; its cpu.weight is {seen}")


@given(
    phrase("the Pod's cgroups have the weights of a {cpu:Quantity} CPU request"),
    target_fixture="linear",
)
def weigh_from_the_start(pod: RunningPod, cpu: str) -> bool:
    """Whether the runtime weighs linearly: older runc does, newer weighs by a curve."""
    first = pod.first.cgroups
    for linear in (True, False):
        if weigh(first, cpu, linear=linear):
            return linear
    raise NotPrepared(f"CPU weights of {pod.name} match no formula for {cpu}: {first}")


@then(
    phrase(
        "within {limit:Duration} the Pod's cgroups have the weights of a {cpu:Quantity} CPU request"
    )
)
def come_to_weigh(pod: RunningPod, limit: float, cpu: str, linear: bool) -> None:  # noqa: FBT001
    eventually(
        pod.cgroups,
        lambda seen: weigh(seen, cpu, linear=linear),
        within=scaled(limit),
        what=f"cpu.weight of {pod.name} follows a request of {cpu} "
        f"(slice {quantity.pod_weight(cpu)}, container {container_weight(cpu, linear=linear)})",
    )


def numbers(version: str) -> tuple[int, ...]:
    """Like (1, 3, 6) of 1.3.6 or 1.3.6+dev."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def all_allow(seen: PodCgroups, *, limits: Figures) -> bool:
    return bool(seen.containers) and all(one_allows(one, limits) for one in seen.all().values())


def one_allows(seen: Cgroup, limits: Figures) -> bool:
    return seen.allows(limits["cpu"], limits["memory"])


def weigh(seen: PodCgroups, cpu: str, *, linear: bool) -> bool:
    (container,) = seen.containers.values()
    expected = (quantity.pod_weight(cpu), container_weight(cpu, linear=linear))
    return (seen.pod.cpu_weight, container.cpu_weight) == expected


def container_weight(cpu: str, *, linear: bool) -> int:
    return quantity.pod_weight(cpu) if linear else quantity.container_weight(cpu)
