"""Devices: a plugin and its node, Pods that ask for devices, what they get."""

from dataclasses import dataclass, field

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.workloads.pods import Workloads, manifest
from infra.clients.workloads.pod_status import condition
from infra.cluster import Cluster
from infra.errors import ClaimError, claimed, preparing
from infra.kube_api import JsonObject, need
from infra.timing import POD_RUNS, scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.node import device_mounts, device_plugins
from suite.node.device_plugins import NULL, DevicePlugin
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import one_of, phrase, typed

REGISTERED = 30
"""Seconds for a plugin to register, and again for its node's status to tell of devices (T5: each
10 s, sent on change)."""
NEW, INITIALIZED = "another", "initialized"
"""Names of the Pod that a scenario has made last, and of the one with an init container."""
REJECTED = {"the new Pod": NEW, "the Pod with the init container": INITIALIZED}


def how_many(text: str) -> int:
    """Of "a Pod requests" or "3 Pods request"."""
    word = text.split(maxsplit=1)[0]
    return 1 if word == "a" else int(word)


PODS = typed(r"a Pod requests|\d+ Pods request", how_many)


@dataclass
class Users:
    """Pods that have a device of the plugin, in the order in which they were made; ``refused`` is
    one that runs and will not go on.
    """

    plugin: DevicePlugin
    running: list[RunningPod] = field(default_factory=list)
    refused: str = ""

    def of(self, pod: RunningPod) -> JsonObject:
        """The allocation whose nonce a Pod has. Errors: ClaimError."""
        nonce = device_mounts.inside(pod).nonce
        for call in self.plugin.allocations():
            if call.get("nonce") == nonce:
                return call
        raise ClaimError(f"{pod.name} on {pod.node} has nonce {nonce!r}, which no allocation gave")


@given("a Pod without a device on the same worker", target_fixture="without")
def pod_without(workloads: Workloads, plugin: DevicePlugin) -> RunningPod:
    return workloads.run("device-user", node=plugin.shell.name, name="without")


@given("a Pod with a device", target_fixture="users")
def one_user(workloads: Workloads, plugin: DevicePlugin) -> Users:
    return Users(plugin, [run_user(workloads, plugin, "one")])


@when(phrase("{count:Pods} a device", Pods=PODS), target_fixture="users")
def new_users(workloads: Workloads, plugin: DevicePlugin, count: int) -> Users:
    with claimed():  # that there is one for each, and that they run
        return Users(plugin, all_running(workloads, plugin, [f"user-{n}" for n in range(count)]))


@when("a new Pod requests a device")
def new_user(workloads: Workloads, plugin: DevicePlugin) -> None:
    need(workloads.pods.ask_to_create(user(NEW, plugin.resource)))


@when("a Pod with a device is deleted")
def delete_user(users: Users) -> None:
    gone = users.running.pop()
    gone.pods.delete(gone.name)


@when("the plugin registers", target_fixture="registrations")
def let_register(cluster: Cluster, plugin: DevicePlugin) -> float:
    """How many registrations of its resource its kubelet had counted before."""
    before = device_plugins.registrations(cluster.api, plugin)
    plugin.switch_off("hold")
    return before


@then(
    phrase(
        "within {limit:Duration} the plugin's node has capacity {total:Count} and "
        "allocatable {free:Count}, and no other node has the resource"
    )
)
def node_has(cluster: Cluster, plugin: DevicePlugin, limit: float, total: int, free: int) -> None:
    plugin.await_counts(cluster.api, total, free, within=limit)


@then("the kubelet has counted one more registration")
def counted(cluster: Cluster, plugin: DevicePlugin, registrations: float) -> None:
    now = device_plugins.registrations(cluster.api, plugin)
    if now != registrations + 1:
        raise ClaimError(f"one registration should be counted: {registrations:g} became {now:g}")


@then("no node has a device")
def no_devices(cluster: Cluster) -> None:
    must_be_none(device_plugins.devices(cluster.api), "no node has a device")


@then("the plugin was called in the documented order, with one Allocate call for one device")
def asked_in_order(plugin: DevicePlugin, users: Users, evidence: Evidence) -> None:
    calls = plugin.calls()
    rows = [(c["number"], c["method"], " ".join(c.get("ids") or ())) for c in calls]
    evidence.table("calls, by the plugin's own count", "number, call, devices", rows)
    wrong = device_plugins.out_of_order(calls)
    must_be_none(
        wrong, f"a Pod's device is allocated once, after the plugin is known: {users.plugin.name}"
    )


@then(
    "the Pod's container has the nonce and the device of the plugin, and a read-only "
    "mount of its directory"
)
def has_what_was_given(plugin: DevicePlugin, users: Users, evidence: Evidence) -> None:
    (pod,), (call,) = users.running, plugin.allocations()
    seen = device_mounts.inside(pod)
    evidence.record("in the container", "text", str(seen))
    if (seen.nonce, seen.marker, seen.device) != (call["nonce"], plugin.name, NULL):
        raise ClaimError(f"the container should have nonce {call['nonce']}; it has {seen}")
    must_be_none(device_mounts.written(pod), "the plugin's folder is mounted to be read only")


@then("the Pod without a device has nothing of the plugin")
def has_nothing(without: RunningPod) -> None:
    seen = device_mounts.inside(without)
    if (seen.nonce, seen.marker, seen.device) != ("", "", ""):
        raise ClaimError(f"a Pod without a device should have nothing of the plugin: {seen}")


@then("the kubelet reports that the Pod's container has the device")
def told_to_monitors(plugin: DevicePlugin, users: Users) -> None:
    (pod,) = users.running
    wanted = [device_plugins.only_id(users.of(pod))]
    seen = [(one["pod"], one["container"], one["ids"]) for one in plugin.holders()]
    if seen != [(pod.name, pod.only_container, wanted)]:
        raise ClaimError(f"the kubelet should tell that {pod.name} has {wanted}; it tells {seen}")


@then("the Pods have different devices")
def different(users: Users, evidence: Evidence) -> None:
    held = {pod.name: device_plugins.only_id(users.of(pod)) for pod in users.running}
    evidence.table("who has which", "Pod, device", held.items())
    if len(set(held.values())) != len(users.running):
        raise ClaimError(f"each Pod should have a device of its own; they have {held}")


@then(phrase("within {limit:Duration} the new Pod is not scheduled, naming the resource"))
def not_scheduled(workloads: Workloads, plugin: DevicePlugin, limit: float) -> None:
    eventually(
        lambda: condition(workloads.pods.get(NEW), "PodScheduled"),
        lambda c: c.get("reason") == "Unschedulable" and plugin.resource in c.get("message", ""),
        within=scaled(limit),
        what=f"{NEW} is not scheduled for want of {plugin.resource}",
    )


@then(phrase("within {limit:Duration} the new Pod runs, and no other Pod has restarted"))
def runs_now(workloads: Workloads, users: Users, limit: float) -> None:
    eventually(
        lambda: workloads.pods.get(NEW)["status"]["phase"],
        lambda phase: phase == "Running",
        within=scaled(limit),
        what=f"{NEW} runs with the device that became free",
    )
    must_be_none([line for pod in users.running for line in pod.restarts()], "the others go on")


@then("the Pod with a device has not restarted")
def holder_goes_on(users: Users) -> None:
    must_be_none([line for pod in users.running for line in pod.restarts()], "the holder goes on")


@then(
    phrase(
        'within {limit:Duration} {which:Which} is rejected with reason "{reason:Name}"',
        Which=one_of(REJECTED),
    )
)
def is_rejected(workloads: Workloads, limit: float, which: str, reason: str) -> None:
    eventually(
        lambda: workloads.pods.get(REJECTED[which])["status"],
        lambda status: (status["phase"], status.get("reason")) == ("Failed", reason),
        within=scaled(limit),
        what=f"{REJECTED[which]} has failed because of {reason}",
    )


def user(name: str, resource: str, count: int = 1) -> JsonObject:
    """A Pod that asks for devices."""
    body: JsonObject = manifest("device-user")
    body["metadata"]["name"] = name
    body["spec"]["containers"][0]["resources"]["limits"][resource] = str(count)
    return body


def all_running(workloads: Workloads, plugin: DevicePlugin, names: list[str]) -> list[RunningPod]:
    """New Pods, each with a device. Errors: WaitTimeout, GaveUp when one is refused."""
    for name in names:
        need(workloads.pods.ask_to_create(user(name, plugin.resource)))
    eventually(
        lambda: {name: phase(workloads, name) for name in names},
        lambda seen: set(seen.values()) == {"Running"},
        giving_up_if=lambda seen: any("Failed" in one for one in seen.values()),
        within=scaled(POD_RUNS),
        what=f"{' and '.join(names)} run, each with a device",
    )
    return [workloads.running(name) for name in names]


def phase(workloads: Workloads, name: str) -> str:
    status = workloads.pods.get(name)["status"]
    return " ".join([status["phase"], *([status["reason"]] if status.get("reason") else [])])


def run_user(workloads: Workloads, plugin: DevicePlugin, name: str) -> RunningPod:
    workloads.pods.create(user(name, plugin.resource))
    return workloads.running(name)


def await_registered(cluster: Cluster, plugin: DevicePlugin) -> None:
    """Starts it, for a claim about what comes after (62.2 is about this). Errors: NotPrepared."""
    plugin.start()
    with preparing():
        plugin.await_registered(within=REGISTERED)
        plugin.await_counts(cluster.api, plugin.count, plugin.count, within=REGISTERED)
