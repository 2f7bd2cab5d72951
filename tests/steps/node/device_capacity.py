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
from tests.steps.phrases import one_of, phrase

RESOURCE = "example.com/whole"
Asked = list[tuple[str, Answer]]
"""Requests and limits of a Pod, and what one API server answered to it."""


@given("workers without plugins whose kubelets have just started")
def fresh_kubelets(cluster: Cluster) -> None:
    """Their start removes sockets that plugins left."""
    kubelet_restarts.restart_all(cluster)


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


@when(
    phrase(
        "the worker's kubelet restarts {how:How} its device checkpoint",
        How=one_of(["with", "without"]),
    )
)
def restart_theirs(cluster: Cluster, other: DevicePlugin, how: str) -> None:
    """Without the other plugin too: it would register at once, and the file would be back."""
    if how == "without":
        other.remove()
        other.shell.run(["rm", other.shell.layout.files.device_checkpoint])
    kubelet_restarts.restart(other.shell, cluster.api)


@when(
    "Pods with these device requests and limits are sent to each API server as a dry run",
    target_fixture="asked",
)
def send_pods(cluster: Cluster, workloads: Workloads, datatable: list[list[str]]) -> Asked:
    """Validation and defaults of kubernetes pkg/apis/core."""
    return [
        (f"request {request or 'absent'}, limit {limit or 'absent'}", answer)
        for request, limit in datatable[1:]
        for answer in try_each(cluster, workloads, asking(request, limit))
    ]


@when("2 Pods request 3 devices and 1 device", target_fixture="names")
def two_ask(workloads: Workloads, plugin: DevicePlugin) -> list[str]:
    for name, count in (("three", 3), ("one", 1)):
        need(workloads.pods.ask_to_create(user(name, plugin.resource, count)))
    return ["three", "one"]


@then(
    phrase(
        'a registration with {what:What} "{word:Name}" is refused, naming it', What=REGISTERED_WITH
    )
)
def registration_refused(plugin: DevicePlugin, what: str, word: str) -> None:
    said = registered_with(plugin, what, word)
    if word not in said:
        name = f"version {word}" if what == API_VERSION else word
        raise ClaimError(f"{name} should be refused, naming it; the kubelet said {said!r}")


@then(phrase("every API server refuses each of the Pods with {status:Count}"))
def refused(asked: Asked, status: int) -> None:
    wrong = [f"{what}: {told(one)}" for what, one in judged(asked) if one.status != status]
    must_be_none(wrong, f"such requests for devices are refused with {status}")


@then(phrase("every API server admits the Pod, with a request of {count:Count} device"))
def defaulted(asked: Asked, count: int) -> None:
    made = [need(one)["spec"]["containers"][0]["resources"] for _, one in judged(asked)]
    seen = [resources.get("requests", {}) for resources in made]
    wrong = [f"it became {requests}" for requests in seen if requests.get(RESOURCE) != f"{count}"]
    must_be_none(wrong, f"a limit of {count} becomes a request of {count}")


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


def asking(request: str, limit: str) -> JsonObject:
    """A Pod with these; an empty one is left out."""
    body = user("other", RESOURCE)
    body["spec"]["containers"][0]["resources"] = {
        what: {RESOURCE: value}
        for what, value in (("requests", request), ("limits", limit))
        if value
    }
    return body


def judged(asked: Asked) -> Asked:
    """What was answered before is judged now."""
    for _, answer in asked:
        observed_places.looked_by_request(answer.url)
    return asked


def placed(workloads: Workloads, name: str) -> tuple[str, str]:
    pod = workloads.pods.get(name)
    return pod["spec"].get("nodeName", ""), pod["status"]["phase"]
