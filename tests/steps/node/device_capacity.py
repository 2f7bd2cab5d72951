"""Devices as numbers: registrations that are refused, requests, counts without a plugin."""

from pytest_bdd import given, then, when

from fixtures.worlds.node.device_plugins import MakePlugin
from fixtures.worlds.workloads.pods import Workloads
from infra import observed_places
from infra.clients.node.kubelet_api import told
from infra.cluster import Cluster
from infra.errors import ClaimError, claimed, require
from infra.kube_api import DRY_RUN, Answer, JsonObject, need
from infra.ssh import exists
from infra.timing import POD_RUNS, scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.node import device_plugins, kubelet_restarts
from suite.node.device_plugins import DevicePlugin
from tests.steps.node.device_plugins import REGISTERED, await_registered, user
from tests.steps.node.device_registration import API_VERSION, REGISTERED_WITH, registered_with
from tests.steps.phrases import phrase

RESOURCE = "example.com/whole"
WAYS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "half a device": ({RESOURCE: "500m"}, {RESOURCE: "500m"}),
    "a request without a limit": ({RESOURCE: "1"}, {}),
    "a request below the limit": ({RESOURCE: "1"}, {RESOURCE: "2"}),
}
"""Requests and limits that the API refuses: validation of kubernetes pkg/apis/core."""


@given("workers without plugins whose kubelets have just started")
def fresh_kubelets(cluster: Cluster) -> None:
    """Their start removes sockets that plugins left."""
    kubelet_restarts.restart_all(cluster)


@given("Pods that request a device in other ways", target_fixture="asked")
def other_ways(cluster: Cluster, workloads: Workloads) -> dict[str, list[Answer]]:
    """What each API server answers, in a dry run."""
    return {way: try_each(cluster, workloads, asking(*figures)) for way, figures in WAYS.items()}


@given(
    phrase("a worker whose node status is patched to {count:Count} devices without a plugin"),
    target_fixture="plugin",
)
def advertised(cluster: Cluster, make_plugin: MakePlugin, count: int) -> DevicePlugin:
    """A plugin that never starts: its name is the resource's, and it is forgotten afterwards."""
    plugin = make_plugin(count)
    need(device_plugins.advertise(cluster.api, plugin.shell.name, plugin.resource, count))
    with claimed():  # the kubelet takes it over: 62.13
        plugin.await_counts(cluster.api, count, count, within=REGISTERED)
    return plugin


@given("a plugin of another resource on the same worker", target_fixture="other")
def other_registered(cluster: Cluster, make_plugin: MakePlugin) -> DevicePlugin:
    """The kubelet writes its file of devices when one registers."""
    other = make_plugin(1)
    await_registered(cluster, other)
    path = other.shell.layout.files.device_checkpoint
    require(exists(other.shell, path), f"{other.shell.name} has no {path}")
    return other


@when("the kubelet restarts")
def restart_theirs(cluster: Cluster, other: DevicePlugin) -> None:
    kubelet_restarts.restart(other.shell, cluster.api)


@when("the kubelet restarts without its device checkpoint")
def restart_without_file(cluster: Cluster, other: DevicePlugin) -> None:
    """Without the other plugin too: it would register at once, and the file would be back."""
    other.remove()
    other.shell.run(["rm", other.shell.layout.files.device_checkpoint])
    kubelet_restarts.restart(other.shell, cluster.api)


@when("2 Pods request 3 devices and 1 device", target_fixture="names")
def two_ask(workloads: Workloads, plugin: DevicePlugin) -> list[str]:
    for name, count in (("three", 3), ("one", 1)):
        need(workloads.pods.ask_to_create(user(name, plugin.resource, count)))
    return ["three", "one"]


@then(
    phrase('a registration with {what:What} "{word:Name}" is refused by name', What=REGISTERED_WITH)
)
def registration_refused(plugin: DevicePlugin, what: str, word: str) -> None:
    said = registered_with(plugin, what, word)
    if word not in said:
        name = f"version {word}" if what == API_VERSION else word
        raise ClaimError(f"{name} should be refused by name; the kubelet said {said!r}")


@then(phrase("these requests are refused with {status:Count}"))
def refused_ways(asked: dict[str, list[Answer]], status: int, datatable: list[list[str]]) -> None:
    rows = [(way, answer) for (way,) in datatable[1:] for answer in asked[way]]
    for _, answer in rows:
        observed_places.looked_by_request(answer.url)
    wrong = [f"{way}: {told(answer)}" for way, answer in rows if answer.status != status]
    must_be_none(wrong, f"such requests for devices are refused with {status}")


@then("a limit without a request becomes the request too")
def limit_alone(cluster: Cluster, workloads: Workloads) -> None:
    made = try_each(cluster, workloads, asking({}, {RESOURCE: "1"}))
    seen = [need(one)["spec"]["containers"][0]["resources"]["requests"] for one in made]
    wrong = [f"it became {requests}" for requests in seen if requests.get(RESOURCE) != "1"]
    must_be_none(wrong, "a limit of 1 becomes a request of 1")


@then("both Pods run on the patched worker")
def both_run(workloads: Workloads, plugin: DevicePlugin, names: list[str]) -> None:
    eventually(
        lambda: [placed(workloads, name) for name in names],
        lambda seen: seen == [(plugin.shell.name, "Running")] * len(names),
        within=scaled(POD_RUNS),
        what=f"{' and '.join(names)} run on {plugin.shell.name}",
    )


def try_each(cluster: Cluster, workloads: Workloads, body: JsonObject) -> list[Answer]:
    """What each API server would say to such a Pod; none is made."""
    apis, path = cluster.api_servers().values(), workloads.pods.path()
    return [api.ask("POST", path, body=body, params=DRY_RUN) for api in apis]


def asking(requests: dict[str, str], limits: dict[str, str]) -> JsonObject:
    body = user("other", RESOURCE)
    body["spec"]["containers"][0]["resources"] = {"requests": requests, "limits": limits}
    return body


def placed(workloads: Workloads, name: str) -> tuple[str, str]:
    pod = workloads.pods.get(name)
    return pod["spec"].get("nodeName", ""), pod["status"]["phase"]
