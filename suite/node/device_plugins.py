"""A device plugin on a worker, told what to do by files; what the kubelet and the API make of it.

Names: kubernetes staging/src/k8s.io/kubelet
pkg/apis/deviceplugin/v1beta1/constants.go (1.36).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from infra.clients.node import kubelet
from infra.errors import NotJudged, preparing
from infra.kube_api import Answer, Api, JsonObject, need
from infra.ssh import Shell
from infra.timing import NODE_READY, scaled
from infra.wait import consistently, eventually
from suite.transport.helper_process import Counterpart

KUBELETS_OWN = "kubelet.sock"
REGISTRATIONS = "kubelet_device_plugin_registration_total"
VENDOR = "example.com"
NO_VERSION = "v0"
"""Of the API between kubelet and plugins; a kubelet names what it refuses."""
NULL = "1:3"
"""Major and minor number of /dev/null, which the plugin gives under another name."""
ORDER = ("listens", "registered", "GetDevicePluginOptions", "ListAndWatch", "Allocate")
"""In which the kubelet calls; registering returns while it already asks for options."""


@dataclass(frozen=True)
class DevicePlugin(Counterpart):
    """A plugin for one resource on a worker; its folder holds switches, log and marker."""

    count: int

    @property
    def resource(self) -> str:
        return f"{VENDOR}/{self.name}"

    def prepare(self, program: bytes) -> None:
        """The program and a marker lie in its folder. Errors: CommandFailed."""
        super().prepare(program)
        self.shell.put(f"{self.name}\n".encode(), f"{self.folder}/marker")

    def await_registrations(self) -> None:
        """The kubelet takes them. Errors: NotPrepared.

        One that begins anew removes all plugins' sockets when its device manager starts, which may
        be seconds after it is Ready: that of a plugin that began before would be gone.
        """
        with preparing():
            eventually(
                lambda: self.register_as(self.resource, NO_VERSION),
                lambda said: NO_VERSION in said,
                within=scaled(NODE_READY),
                every=0.5,
                what=f"the kubelet of {self.shell.name} takes registrations, and refuses this",
            )

    def await_registered(self, *, within: float) -> None:
        """Its kubelet has taken its registration. Errors: WaitTimeout with what it is doing."""
        eventually(
            self.unregistered,
            lambda why: not why,
            within=scaled(within),
            what=f"the device plugin {self.name} has registered with the kubelet of "
            f"{self.shell.name}",
        )

    def unregistered(self) -> str:
        """What it has done instead and what it printed last; empty once it has registered."""
        done = [str(call["method"]) for call in self.calls()]
        if "registered" in done:
            return ""
        state = self.shell.run(["systemctl", "is-active", self.name], check=False).stdout.strip()
        own = f"_SYSTEMD_UNIT={self.name}.service"
        last = self.shell.run(["journalctl", own, "--lines=1", "--output=cat"], check=False).stdout
        return f"it is {state}, its log is {done}, and it printed: {last.strip() or 'nothing'}"

    def await_counts(self, api: Api, total: int, free: int, *, within: float) -> None:
        """Its worker alone has so many devices, and so many to give. Errors: WaitTimeout."""
        eventually(
            lambda: counts(api, self.resource),
            lambda seen: seen == {self.shell.name: (str(total), str(free))},
            within=scaled(within),
            what=f"{self.shell.name} alone has {total} of {self.resource}, {free} to give",
        )

    def keeps_counts(self, api: Api, total: int, free: int, *, lasting: float) -> None:
        """Its worker alone has so many all the time. Errors: Changed."""
        consistently(
            lambda: counts(api, self.resource),
            lambda seen: seen == {self.shell.name: (str(total), str(free))},
            lasting=lasting,
            every=3.0,
            what=f"{self.shell.name} alone has {total} of {self.resource}, {free} to give",
        )

    def start(self) -> None:
        what = [f"--resource={self.resource}", f"--folder={self.folder}", f"--count={self.count}"]
        self.run("device-plugin", *what)

    def switch(self, name: str, text: str = "") -> None:
        self.shell.put(text.encode(), f"{self.folder}/{name}")

    def switch_off(self, name: str) -> None:
        self.shell.run(["rm", "--force", f"{self.folder}/{name}"])

    def kill(self) -> None:
        """The process ends at once and its socket stays, as after a crash."""
        self.shell.run(["systemctl", "kill", "--signal=SIGKILL", self.name])

    def remove(self) -> None:
        """Its socket goes too: a killed plugin leaves it."""
        super().remove()
        folder = self.shell.layout.directories.device_plugins
        self.shell.run(["rm", "--force", f"{folder}/{self.resource.replace('/', '_')}.sock"])

    def calls(self) -> list[JsonObject]:
        """Its log in order; empty before its first line."""
        found = self.shell.run(["cat", f"{self.folder}/calls"], check=False)
        lines = found.stdout.splitlines() if found.exit_status == 0 else []
        return sorted((json.loads(line) for line in lines), key=lambda call: int(call["number"]))

    def allocations(self) -> list[JsonObject]:
        return [call for call in self.calls() if call["method"] == "Allocate"]

    def register_as(self, resource: str, version: str = "v1beta1") -> str:
        """What the kubelet says to a registration; empty when it takes it."""
        argv = [self.program, "register", f"--resource={resource}", f"--version={version}"]
        ended = self.shell.run(argv, check=False)
        return "" if ended.exit_status == 0 else ended.stderr.strip()

    def holders(self) -> list[JsonObject]:
        """Who has which of its devices, as the kubelet tells monitors. Errors: CommandFailed."""
        return [one for one in self.all_holders() if one["resource"] == self.resource]

    def all_holders(self) -> list[JsonObject]:
        """Of devices of any plugin. Errors: CommandFailed."""
        found: list[JsonObject] = json.loads(self.shell.run([self.program, "pod-resources"]).stdout)
        return found


def sockets(shell: Shell) -> list[str]:
    """Names of sockets among the plugins'. Errors: CommandFailed."""
    folder = shell.layout.directories.device_plugins
    argv = ["find", folder, "-maxdepth", "1", "-type", "s", "-printf", r"%f\n"]
    return shell.run(argv).stdout.split()


def counts(api: Api, resource: str) -> dict[str, tuple[str, str]]:
    """Devices that each node has and may give; a node without the resource is left out."""
    found: dict[str, tuple[str, str]] = {}
    for node in api.get("/api/v1/nodes")["items"]:
        status = node["status"]
        if resource in status["capacity"]:
            given = str(status["allocatable"].get(resource, "0"))
            found[node["metadata"]["name"]] = (str(status["capacity"][resource]), given)
    return found


def devices(api: Api) -> list[str]:
    """Devices of every node, by name."""
    return [f"{node}: {name}" for node, name in known(api)]


def known(api: Api) -> list[tuple[str, str]]:
    """Each node with each resource that is a device's."""
    return [
        (str(node["metadata"]["name"]), str(name))
        for node in api.get("/api/v1/nodes")["items"]
        for name in node["status"]["capacity"]
        if "/" in name
    ]


def forget(api: Api, node: str, resource: str) -> None:
    """Takes a resource out of a node's status; a kubelet that knows it would bring it back."""
    status = api.get(f"/api/v1/nodes/{node}")["status"]
    key = resource.replace("/", "~1")
    steps = [
        {"op": "remove", "path": f"/status/{where}/{key}"}
        for where in ("capacity", "allocatable")
        if resource in status[where]
    ]
    if steps:
        need(api.patch(f"/api/v1/nodes/{node}/status", steps, kind="json"))


def advertise(api: Api, node: str, resource: str, count: int) -> Answer:
    """Writes a count into a node's status, as the documentation says."""
    steps = [
        {
            "op": "add",
            "path": f"/status/capacity/{resource.replace('/', '~1')}",
            "value": str(count),
        }
    ]
    return api.patch(f"/api/v1/nodes/{node}/status", steps, kind="json")


def out_of_order(calls: Sequence[JsonObject]) -> list[str]:
    """What is wrong with a log of one allocation; empty is right."""
    methods = [str(call["method"]) for call in calls]
    missing = [method for method in ORDER if method not in methods]
    if missing:
        return [f"{method} is not in the log" for method in missing]
    first = [methods.index(method) for method in ("listens", *ORDER[2:])]
    wrong = [] if first == sorted(first) else [f"the calls came as {methods}"]
    given = [call for call in calls if call["method"] == "Allocate"]
    if len(given) != 1 or len(given[0].get("ids") or ()) != 1:
        wrong.append(f"one call for one device was expected: {given}")
    return wrong


def registrations(api: Api, plugin: DevicePlugin) -> float:
    """How often the plugin's kubelet was asked to register its resource, in vain too."""
    found = kubelet.samples(api, plugin.shell.name, only=REGISTRATIONS)
    return kubelet.counter(found, REGISTRATIONS, resource_name=plugin.resource)


def listens(shell: Shell) -> list[str]:
    """Sockets that a kubelet should have and has not."""
    folder = shell.layout.directories.device_plugins
    wanted = (f"{folder}/{KUBELETS_OWN}", shell.layout.files.pod_resources)
    return [
        f"{shell.name} has no socket {path}"
        for path in wanted
        if shell.run(["test", "-S", path], check=False).exit_status
    ]


def health(pod: JsonObject, resource: str) -> list[tuple[str, str]]:
    """IDs and health of a Pod's devices, as its status tells them."""
    return [
        (str(one["resourceID"]), str(one["health"]))
        for status in pod["status"].get("containerStatuses", [])
        for allocated in status.get("allocatedResourcesStatus", [])
        if allocated["name"] == resource
        for one in allocated["resources"]
    ]


def only_id(call: JsonObject) -> str:
    """Errors: NotJudged when a call allocated none or several."""
    ids = call.get("ids") or []
    if len(ids) != 1:
        raise NotJudged(f"one device was expected in {call}")
    return str(ids[0])
