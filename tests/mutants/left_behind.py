"""What an operator has left behind: an object of the API, a job, a setting of one machine."""

from collections.abc import Callable

from infra.clients.etcd import members
from infra.cluster import Cluster
from infra.kube_api import JsonObject, need
from suite.auth import service_accounts
from tests.mutants.changes import OTHER, WORKER, edit, restart, unit_with
from tests.mutants.mutant import Mutant

OLD = "old"
ROLES = f"{service_accounts.RBAC}/clusterroles/{OLD}"
BINDINGS = f"{service_accounts.RBAC}/clusterrolebindings/{OLD}"
COREFILE = "/api/v1/namespaces/kube-system/configmaps/coredns"
COREDNS = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
COPY = "/etc/kubernetes/admin.conf"
SCHEDULERS = "/var/lib/kubernetes/kube-scheduler.kubeconfig"
ZONE, UTC, AWAY = "/etc/localtime", "/usr/share/zoneinfo/Etc/UTC", "America/New_York"
PRUNES = "/etc/cron.d/old-images"
ROTATES = "/etc/logrotate.d/containers"
MIRROR = "/etc/containerd/certs.d/_default"
DEAD = '[host."https://mirror.example:5000"]\n  capabilities = ["pull", "resolve"]\n'
PODS_SLICE = "kubepods.slice"


def user(name: str) -> JsonObject:
    return {"apiGroup": service_accounts.GROUP, "kind": "User", "name": name}


def account(name: str) -> JsonObject:
    return {"kind": "ServiceAccount", "namespace": "kube-system", "name": name}


def granted(subject: JsonObject, verb: str, part: str) -> Callable[[Cluster], None]:
    """A role on kubelets and its binding, as somebody once needed them."""

    def change(cluster: Cluster) -> None:
        rule = {"apiGroups": [""], "resources": [f"nodes/{part}"], "verbs": [verb]}
        cluster.api.create(parent(ROLES), {"metadata": {"name": OLD}, "rules": [rule]})
        role = {"apiGroup": service_accounts.GROUP, "kind": "ClusterRole", "name": OLD}
        body = {"metadata": {"name": OLD}, "roleRef": role, "subjects": [subject]}
        cluster.api.create(parent(BINDINGS), body)

    return change


def no_longer_granted(cluster: Cluster) -> None:
    cluster.api.delete(BINDINGS)
    cluster.api.delete(ROLES)


def parent(path: str) -> str:
    return path.rpartition("/")[0]


def balancer_with(old: str, new: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        machine = cluster.spec.load_balancer.name
        edit(cluster, machine, cluster.layout.files.load_balancer, old, new)
        restart(cluster, machine, "haproxy")

    return change


def command_on(machine: str, *argv: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        cluster.shell(machine).run(argv)

    return change


def file_on(machine: str, path: str, text: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        shell = cluster.shell(machine)
        shell.run(["mkdir", "--parents", parent(path)])
        shell.put(text.encode(), path)

    return change


def copied_kubeconfig(cluster: Cluster) -> None:
    """As kubeadm would have put one there, and for everybody."""
    text = cluster.shell(OTHER).get(SCHEDULERS).decode()
    file_on(OTHER, COPY, text)(cluster)


def gone_from(machine: str, path: str) -> Callable[[Cluster], None]:
    return command_on(machine, "rm", "--force", "--recursive", path)


def scheduler_that_stays_away(cluster: Cluster) -> None:
    """It ends with 1 when it has lost its Lease."""
    unit_with(
        cluster,
        OTHER,
        "kube-scheduler",
        {"Restart=always": "Restart=always\nRestartPreventExitStatus=1"},
    )


def dns_of_two_namespaces(cluster: Cluster) -> None:
    text = cluster.api.get(COREFILE)["data"]["Corefile"]
    begin = text.index("{", text.index("kubernetes cluster.local")) + 1
    only = "\n        namespaces default kube-system"
    dns_with(cluster, f"{text[:begin]}{only}{text[begin:]}")


def dns_of_every_namespace(cluster: Cluster) -> None:
    text = cluster.api.get(COREFILE)["data"]["Corefile"]
    dns_with(cluster, text.replace("\n        namespaces default kube-system", ""))


def dns_with(cluster: Cluster, text: str) -> None:
    need(cluster.api.patch(COREFILE, {"data": {"Corefile": text}}, kind="merge"))
    noted = {"spec": {"template": {"metadata": {"annotations": {"of": str(hash(text))}}}}}
    need(cluster.api.patch(COREDNS, noted, kind="merge"))


def downgrade(*words: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        members.client(cluster).at(members.endpoint(cluster, "controller-0")).run(
            "downgrade", *words
        )

    return change


MUTANTS = (
    Mutant(
        "anybody may use kubelets by an API server",
        "72.17",
        "lets system:anonymous get nodes/proxy",
        granted(user("system:anonymous"), "get", "proxy"),
        mend=no_longer_granted,
    ),
    Mutant(
        "a binding that lets kube-proxies post to kubelets",
        "72.19",
        "lets system:kube-proxy create nodes/proxy",
        granted(user("system:kube-proxy"), "create", "proxy"),
        mend=no_longer_granted,
    ),
    Mutant(
        "a binding that lets metrics-server post to kubelets",
        "61.11",
        "metrics-server create nodes/proxy",
        granted(account("metrics-server"), "create", "proxy"),
        mend=no_longer_granted,
    ),
    Mutant(
        "a balancer that is slow to believe a failure",
        "64.12",
        "each 2 s, then each 30 s, and left after 3 failures",
        balancer_with("fastinter 1s", "fastinter 30s"),
    ),
    Mutant(
        "a balancer that rarely looks at who is away",
        "64.12",
        "each 2 s, when away each 600 s, and left after 3 failures",
        balancer_with("fastinter 1s", "fastinter 1s downinter 10m"),
    ),
    Mutant(
        "a worker in another time zone",
        "72.5",
        f"the time zone is {UTC} on worker-0, /usr/share/zoneinfo/{AWAY} on {WORKER}",
        command_on(WORKER, "ln", "--symbolic", "--force", f"/usr/share/zoneinfo/{AWAY}", ZONE),
        mend=command_on(WORKER, "ln", "--symbolic", "--force", UTC, ZONE),
    ),
    Mutant(
        "a worker that panics when a container is out of memory",
        "65.5",
        f"vm.panic_on_oom is 0 on worker-0, 2 on {WORKER}",
        command_on(WORKER, "sysctl", "-w", "vm.panic_on_oom=2"),
        mend=command_on(WORKER, "sysctl", "-w", "vm.panic_on_oom=0"),
    ),
    Mutant(
        "a worker whose Pods share half a CPU",
        "65.7",
        "kubepods.slice/cpu.max is max 100000 on worker-0, 50000 100000 on worker-1",
        command_on(WORKER, "systemctl", "set-property", "--runtime", PODS_SLICE, "CPUQuota=50%"),
        mend=command_on(WORKER, "systemctl", "set-property", "--runtime", PODS_SLICE, "CPUQuota="),
    ),
    Mutant(
        "a kubeconfig for everybody in /etc",
        "63.13",
        f"any user of {OTHER} reads {COPY}",
        copied_kubeconfig,
        mend=gone_from(OTHER, parent(COPY)),
    ),
    Mutant(
        "a scheduler that stays away once it has lost its Lease",
        "68.2",
        f"kube-scheduler.service's RestartPreventExitStatus is 1 on {OTHER}",
        scheduler_that_stays_away,
    ),
    Mutant(
        "a weekly job that removes images",
        "65.8",
        f"{WORKER} has {PRUNES}",
        file_on(WORKER, PRUNES, "0 3 * * 0 root /usr/local/bin/crictl rmi --prune\n"),
        mend=gone_from(WORKER, PRUNES),
    ),
    Mutant(
        "a logrotate of containers' logs",
        "66.6",
        f"{WORKER} has {ROTATES}",
        file_on(WORKER, ROTATES, "/var/log/pods/*/*/*.log {\n  daily\n  copytruncate\n}\n"),
        mend=gone_from(WORKER, ROTATES),
    ),
    Mutant(
        "a mirror of every registry that is no more",
        "71.5",
        f"{MIRROR}/hosts.toml is absent on worker-0",
        file_on(WORKER, f"{MIRROR}/hosts.toml", DEAD),
        mend=gone_from(WORKER, MIRROR),
    ),
    Mutant(
        "a CoreDNS that knows two namespaces",
        "68.14",
        "does not reach a Service of its own namespace by name",
        dns_of_two_namespaces,
        outcome="not judged",
        mend=dns_of_every_namespace,
    ),
    Mutant(
        "a downgrade of etcd that somebody has begun",
        "63.1",
        "goes back to 3.5.0",
        downgrade("enable", "3.5"),
        mend=downgrade("cancel"),
    ),
)
