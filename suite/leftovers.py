"""What a scenario must leave as it found it: objects, nodes, files and units of machines.

Objects that come and go by themselves (Pods, Leases, events) are no leftovers; a namespace that is
being deleted is Kubernetes' own work.
"""

import hashlib
import re
import shlex
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from infra.cluster import Cluster
from infra.described.own_objects import CLUSTER_SCOPED
from infra.kube_api import Api, JsonObject
from infra.machine_layout import Directories
from infra.ssh import Shell
from suite.node import graceful_shutdown

SYSTEM = (
    "/apis/apps/v1/namespaces/kube-system/deployments",
    "/apis/apps/v1/namespaces/kube-system/daemonsets",
    "/api/v1/namespaces/kube-system/services",
    "/api/v1/namespaces/kube-system/configmaps",
    "/api/v1/namespaces/default/pods",
)
"""Compared by name and spec; a scenario works in a namespace of its own."""
FIND = ["-xdev", "-maxdepth", "1", "-type", "f", "-printf", r"%p %s %Ts\n"]
FAILED = ["systemctl", "list-units", "--failed", "--plain", "--no-legend"]
BETWEEN = "--"
OF_THE_DRIVER = re.compile(
    r"^(ebs-|aws-meta$|snapshot-controller)|(^|\.)(group)?snapshot\.storage\.k8s\.io$"
)
"""Objects of the EBS CSI driver, which comes and goes for several scenarios together."""
TOPOLOGY = ("topology.ebs.csi.aws.com/zone", "topology.kubernetes.io/zone")
"""Labels that its registration puts on nodes; nothing else of this cluster does."""
OF_A_SCENARIO = re.compile(r"\bclaim-[0-9a-f]{8}\b")
Found = Mapping[str, str]
"""What was seen, by a name that a stranger understands."""


def new_name() -> str:
    """A name that tells whose a thing is: what carries one is some scenario's to remove."""
    return f"claim-{uuid4().hex[:8]}"


def look(cluster: Cluster, only: Collection[str] | None = None) -> Found:
    """Everything that a scenario may not change, of all machines or of some by name: others may be
    changing theirs. Errors: ApiRefused, CommandFailed.
    """
    entered = cluster.spec.machines if cluster.has_means("worker_shell") else ()
    names = [one.name for one in entered if only is None or one.name in only]
    machines = [cluster.shell(name) for name in names]
    with ThreadPoolExecutor(len(machines) or 1) as pool:
        on_machines = pool.map(on_machine, machines)  # while the API is asked
        found = {**objects(cluster.api), **nodes(cluster.api, only)}
        for files in on_machines:
            found |= files
    return found


def objects(api: Api) -> dict[str, str]:
    """Hashes of what is written by path; objects of other scenarios are theirs to remove."""
    found: dict[str, str] = {}
    for path in (*CLUSTER_SCOPED, *SYSTEM):
        for item in items(api, path):
            name = item["metadata"]["name"]
            if not OF_A_SCENARIO.search(name) and not OF_THE_DRIVER.search(name):
                found[f"{path}/{name}"] = hashed(item)
    return found


def items(api: Api, path: str) -> list[JsonObject]:
    """Of a collection; none where the version does not serve it, as mutating policies before 1.36:
    nothing can be left there.
    """
    return list((api.find(path) or {"items": []})["items"])


def nodes(api: Api, only: Collection[str] | None = None) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in api.get("/api/v1/nodes")["items"]:
        name, spec = item["metadata"]["name"], item["spec"]
        if only is not None and name not in only:
            continue
        found[f"node {name}: taints"] = f"{spec.get('taints', [])}, {spec.get('unschedulable')}"
        for label, value in item["metadata"].get("labels", {}).items():
            if label not in TOPOLOGY:
                found[f"node {name}: label {label}"] = value
        for resource in item["status"]["capacity"]:
            found[f"node {name}: resource {resource}"] = "is told"
    return found


def on_machine(shell: Shell) -> dict[str, str]:
    """Size and time of files that components are made of, and units that have failed."""
    # by one command: most of the time of two was that of beginning them
    find = shlex.join(["find", *folders(shell.layout.directories), *FIND])
    look = f"{find}; echo {BETWEEN}; {shlex.join(FAILED)}"
    listed, _, failed = shell.run(["sh", "-c", look]).stdout.partition(f"{BETWEEN}\n")
    files = [line.split(" ", 1) for line in listed.splitlines()]
    kubelets = shell.layout.directories.kubelet
    found = {
        f"{shell.name}:{path}": state for path, state in files if not own_state(path, kubelets)
    }
    for line in failed.splitlines():
        found[f"{shell.name}: unit {line.split()[0]}"] = "failed"
    return found


def folders(directories: Directories) -> tuple[str, ...]:
    """Where components have units, programs and configuration."""
    return (
        directories.units,
        graceful_shutdown.FOLDER,
        directories.load_balancer,
        directories.etcd,
        directories.programs,
        directories.kubelet,
        directories.kubernetes,
        directories.kube_proxy,
        "/srv",
    )


def own_state(path: str, folder: str) -> bool:
    """Files that a component keeps for itself in a folder that it shares with us."""
    return path.startswith(f"{folder}/") and not path.endswith((".yaml", ".pem", ".kept"))


def hashed(item: JsonObject) -> str:
    """A short hash of what somebody wrote into an object; its status and counters are not that."""
    written = {key: value for key, value in item.items() if key not in ("metadata", "status")}
    return hashlib.sha256(repr(written).encode()).hexdigest()[:12]


def leftovers(before: Found, after: Found) -> list[str]:
    """What is there, gone or other than before."""
    made = [f"{name} was left" for name in after if name not in before]
    gone = [f"{name} is gone" for name in before if name not in after]
    both = [name for name in before if name in after and before[name] != after[name]]
    return [
        *made,
        *gone,
        *(f"{name} changed: {before[name]} became {after[name]}" for name in both),
    ]


def named(api: Api, word: str) -> list[str]:
    """Paths of cluster-scoped objects that carry a word in their name."""
    return [
        f"{path}/{item['metadata']['name']}"
        for path in CLUSTER_SCOPED
        for item in items(api, path)
        if word in item["metadata"]["name"]
    ]
