"""What becomes of devices: health, a plugin that dies or fails, a kubelet that begins anew."""

from collections.abc import Callable, Mapping

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.workloads.pods import Workloads
from infra.cluster import Cluster
from infra.errors import ClaimError, claimed
from infra.kube_api import JsonObject
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.node import device_plugins, kubelet_restarts
from suite.node.device_plugins import DevicePlugin
from suite.workloads.pods import PodIdentity
from tests.steps.node.device_plugins import (
    INITIALIZED,
    REGISTERED,
    Users,
    all_running,
    different,
    holder_goes_on,
    one_user,
    run_user,
    user,
)
from tests.steps.phrases import one_of, phrase
from tests.steps.workloads.pods import identities_on

ACTS: Mapping[str, Callable[[DevicePlugin], None]] = {
    "is killed": DevicePlugin.kill,
    "fails": lambda plugin: plugin.switch("fail"),
    "recovers": lambda plugin: plugin.switch_off("fail"),
}


@given(
    phrase('a Pod with a device whose status reports the device as "{health:Name}"'),
    target_fixture="users",
)
def healthy_user(workloads: Workloads, plugin: DevicePlugin, health: str) -> Users:
    users = one_user(workloads, plugin)
    with claimed():
        await_health(plugin, users, health)
    return users


@given(
    "a Pod with a device, and a Pod whose init container requested a device", target_fixture="users"
)
def two_users(workloads: Workloads, plugin: DevicePlugin) -> Users:
    """The device of an init container goes to the container after it."""
    workloads.pods.create(initialized(plugin.resource))
    return Users(plugin, [run_user(workloads, plugin, "one")], refused=INITIALIZED)


@when(phrase("the Pod's device becomes {health:Health}", Health=one_of(["healthy", "unhealthy"])))
def device_becomes(plugin: DevicePlugin, users: Users, health: str) -> None:
    if health == "unhealthy":
        plugin.switch("unhealthy", device_plugins.only_id(users.of(users.running[0])))
    else:
        plugin.switch_off("unhealthy")


@when(phrase("the plugin {acts:Acts}", Acts=one_of(ACTS)))
def plugin_acts(plugin: DevicePlugin, acts: str) -> None:
    """One that fails answers each Allocate call with an error."""
    ACTS[acts](plugin)


@when(
    "the worker's kubelet restarts and the plugin delays its registration", target_fixture="beside"
)
def restart_and_hold(cluster: Cluster, plugin: DevicePlugin) -> dict[str, PodIdentity]:
    """What ran on that worker before."""
    before = identities_on(cluster, plugin.shell.name)
    plugin.switch("hold")
    kubelet_restarts.restart(plugin.shell, cluster.api)
    return before


@then(
    phrase(
        "within {limit:Duration} the plugin's node has capacity {total:Count} and "
        "allocatable {free:Count}, and no plugin socket"
    )
)
def node_and_socket(
    cluster: Cluster, plugin: DevicePlugin, limit: float, total: int, free: int
) -> None:
    plugin.await_counts(cluster.api, total, free, within=limit)
    left = [one for one in device_plugins.sockets(plugin.shell) if plugin.name in one]
    must_be_none(left, f"the kubelet of {plugin.shell.name} removes sockets of plugins")


@then(
    phrase(
        "within {limit:Duration} the plugin's node has capacity {total:Count} and "
        "allocatable {free:Count}, and stays so for {lasting:Duration}"
    )
)
def node_keeps(
    cluster: Cluster, plugin: DevicePlugin, limit: float, total: int, free: int, lasting: float
) -> None:
    """Not stretched on slow machines: the kubelet's five minutes (T15) end what lasts."""
    plugin.await_counts(cluster.api, total, free, within=limit)
    plugin.keeps_counts(cluster.api, total, free, lasting=lasting)


@then(
    phrase('the Pod\'s status reports the device as "{health:Name}", and the Pod has not restarted')
)
def tells_health(plugin: DevicePlugin, users: Users, health: str) -> None:
    await_health(plugin, users, health)
    holder_goes_on(users)


@then(
    "the Pod with a device has not restarted and keeps its device, and no other Pod "
    "on the worker has changed"
)
def goes_on_with_it(
    cluster: Cluster, plugin: DevicePlugin, users: Users, beside: dict[str, PodIdentity]
) -> None:
    holder_goes_on(users)
    must_hold(plugin, users)
    now = identities_on(cluster, plugin.shell.name)
    must_be_none(changed(beside, now, but=users.refused), "Pods go on as their kubelet restarts")


@then(phrase("{count:Count} Pods that request a device get one each, with one Allocate call each"))
def free_again(workloads: Workloads, plugin: DevicePlugin, evidence: Evidence, count: int) -> None:
    """And the one that was refused was asked for once too."""
    names = [f"user-{number}" for number in range(count)]
    different(Users(plugin, all_running(workloads, plugin, names)), evidence)
    asked = len(plugin.allocations())
    if asked != count + 1:
        raise ClaimError(f"{count + 1} Pods asked for a device, and the plugin {asked} times")


def initialized(resource: str) -> JsonObject:
    """A Pod whose init container asks for the device too, and has ended when the Pod runs."""
    body = user(INITIALIZED, resource)
    (container,) = body["spec"]["containers"]
    body["spec"]["initContainers"] = [{**container, "name": "before", "command": ["true"]}]
    return body


def must_hold(plugin: DevicePlugin, users: Users) -> None:
    """The kubelet tells monitors that the first Pod has the device that it was given."""
    (pod,) = users.running
    wanted = [device_plugins.only_id(users.of(pod))]
    seen = [one["ids"] for one in plugin.holders() if one["pod"] == pod.name]
    if seen != [wanted]:
        raise ClaimError(f"the kubelet should tell that {pod.name} has {wanted}; it tells {seen}")


def changed(
    before: Mapping[str, PodIdentity], now: Mapping[str, PodIdentity], *, but: str
) -> list[str]:
    return [
        f"{name}: {one} became {now.get(name)}"
        for name, one in before.items()
        if one != now.get(name) and not name.endswith(f"/{but}")
    ]


def await_health(plugin: DevicePlugin, users: Users, wanted: str) -> None:
    """The only Pod's status tells of its device and the health."""
    (pod,) = users.running
    device = device_plugins.only_id(users.of(pod))
    eventually(
        lambda: device_plugins.health(pod.get(), plugin.resource),
        lambda seen: seen == [(device, wanted)],
        within=scaled(REGISTERED),
        what=f"the status of {pod.name} tells that its device is {wanted}",
    )
