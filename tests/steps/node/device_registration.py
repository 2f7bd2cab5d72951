"""Plugins with which a scenario begins: registered, or not yet."""

from pytest_bdd import given

from fixtures.worlds.node.device_plugins import MakePlugin
from infra.cluster import Cluster
from suite.node.device_plugins import DevicePlugin
from tests.steps.node.device_plugins import await_registered
from tests.steps.phrases import one_of, phrase

API_VERSION = "API version"
REGISTERED_WITH = one_of([API_VERSION, "resource"])


def registered_with(plugin: DevicePlugin, what: str, word: str) -> str:
    """What the kubelet says to a registration with this version, or this resource's name."""
    if what == API_VERSION:
        return plugin.register_as(plugin.resource, word)
    return plugin.register_as(word)


@given(phrase("a device plugin with {count:Count} devices on a worker"), target_fixture="plugin")
def plugin_registered(cluster: Cluster, make_plugin: MakePlugin, count: int) -> DevicePlugin:
    plugin = make_plugin(count)
    await_registered(cluster, plugin)
    return plugin


@given(
    phrase("a device plugin with {count:Count} devices on {worker:Worker}"), target_fixture="plugin"
)
def plugin_registered_on(
    cluster: Cluster, make_plugin: MakePlugin, count: int, worker: str
) -> DevicePlugin:
    plugin = make_plugin(count, worker)
    await_registered(cluster, plugin)
    return plugin


@given("a device plugin on a worker, not yet registered", target_fixture="plugin")
def plugin_holding(make_plugin: MakePlugin) -> DevicePlugin:
    plugin = make_plugin(3)
    plugin.switch("hold")
    plugin.start()
    return plugin
