"""Plugins with which a scenario begins: registered, or not yet."""

from pytest_bdd import given

from fixtures.worlds.node.device_plugins import MakePlugin
from infra.cluster import Cluster
from suite.node.device_plugins import DevicePlugin
from tests.steps.node.device_plugins import await_registered
from tests.steps.phrases import one_of, phrase, typed

API_VERSION = "API version"
REGISTERED_WITH = one_of([API_VERSION, "resource"])


def registered_with(plugin: DevicePlugin, what: str, word: str) -> str:
    """What the kubelet says to a registration with this version, or this resource's name."""
    if what == API_VERSION:
        return plugin.register_as(plugin.resource, word)
    return plugin.register_as(word)


@given(
    phrase(
        "a device plugin with {count:Count} devices on {worker:SomeWorker}{later:Later}",
        Later=typed("(?:, not yet registered)?", bool),
    ),
    target_fixture="plugin",
)
def plugin_on(
    cluster: Cluster,
    make_plugin: MakePlugin,
    count: int,
    worker: str,
    later: bool,  # noqa: FBT001
) -> DevicePlugin:
    plugin = make_plugin(count, worker)
    if later:
        plugin.switch("hold")
        plugin.start()
    else:
        await_registered(cluster, plugin)
    return plugin
