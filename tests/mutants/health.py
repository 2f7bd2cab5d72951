"""Broken clusters on which no claim can be judged: the health gate tells them first."""

import base64
import secrets
from collections.abc import Callable

import yaml

from infra.build.ready import await_api
from infra.clients.controlplane import leases
from infra.clients.etcd import etcdctl
from infra.clients.node import clocks
from infra.cluster import Cluster
from infra.wait import eventually
from tests.mutants.changes import api_server_with, restart, unit_with
from tests.mutants.mutant import Mutant

ISSUER = "https://kubernetes.default.svc.cluster.local"
ENCRYPTION = "/var/lib/kubernetes/encryption-config.yaml"
PUBLIC = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:public-info-viewer"
TIME_SERVICES = ("systemd-timesyncd", "chrony")
SEEN_WITHIN = 60.0
"""Seconds until etcd notices that it is full: Leases are renewed, and so written, every 2 s."""


def another_secrets_key(cluster: Cluster) -> None:
    """As when somebody makes the file on each controller instead of once."""
    shell = cluster.shell("controller-1")
    config = yaml.safe_load(shell.get(ENCRYPTION))
    for provider in config["resources"][0]["providers"]:
        for settings in provider.values():
            for key in settings.get("keys", ()):
                key["secret"] = base64.b64encode(secrets.token_bytes(32)).decode()
    shell.put(yaml.safe_dump(config).encode(), ENCRYPTION, mode=0o600)
    restart(cluster, "controller-1", "kube-apiserver")
    await_api(cluster.api_of("controller-1"))


def signs_with_its_own(cluster: Cluster) -> None:
    """It knows the keys of all, and has another one for signing."""
    folder = "/var/lib/kubernetes"
    api_server_with(
        "controller-1",
        {f"{folder}/service-account-key.pem": f"{folder}/kube-apiserver-key.pem"},
    )(cluster)


def health_for_nobody(cluster: Cluster) -> None:
    """What the balancer asks as nobody is refused, so that it takes all three to be away."""
    cluster.api.delete(PUBLIC)


def health_for_all(cluster: Cluster) -> None:
    """An API server makes its own roles anew as it starts."""
    restart(cluster, "controller-0", "kube-apiserver")
    await_api(cluster.api_of("controller-0"))
    await_api(cluster.api)


def out_of_quota(cluster: Cluster) -> None:
    flag = "  --listen-metrics-urls="
    unit_with(
        cluster, "controller-0", "etcd", {flag: f"  --quota-backend-bytes=2097152 \\\n{flag}"}
    )
    own = etcdctl.endpoints_of(cluster.spec)[:1]
    eventually(
        etcdctl.Etcdctl(cluster.shell("controller-0"), own).alarms,
        bool,
        within=SEEN_WITHIN,
        what="etcd has an alarm",
    )


def clock_off(seconds: int) -> Callable[[Cluster], None]:
    """Of the controller whose scheduler leads; its time service is dead."""

    def change(cluster: Cluster) -> None:
        shell = cluster.shell(leases.read(cluster.api, "kube-scheduler").machine)
        for service in TIME_SERVICES:
            shell.run(["systemctl", "stop", service], check=False)
        shell.run(["date", f"--set={seconds:+d} seconds"])

    return change


def clocks_set(cluster: Cluster) -> None:
    """By the worker's clock, which no change touches."""
    right = clocks.read(cluster.shell("worker-0"))
    for machine in cluster.spec.controllers:
        shell = cluster.shell(machine.name)
        if abs(clocks.read(shell).ahead - right.ahead) > clocks.AGREE:
            shell.run(["date", f"--set=@{right.now().timestamp():.3f}"])
        for service in TIME_SERVICES:
            shell.run(["systemctl", "start", service], check=False)


def proxy_off(cluster: Cluster) -> None:
    cluster.shell("worker-1").run(["systemctl", "disable", "--now", "kube-proxy"])


def bridge_past_iptables(cluster: Cluster) -> None:
    """As when the module was loaded after the settings, or never."""
    for worker in cluster.spec.workers:
        cluster.shell(worker.name).run(["sysctl", "-w", "net.bridge.bridge-nf-call-iptables=0"])


MUTANTS = (
    Mutant(
        "one API server issues tokens by another name",
        "63.13",
        f"issue tokens by different names: {ISSUER} and https://10.0.1.12:6443",
        api_server_with(
            "controller-1",
            {
                f"--service-account-issuer={ISSUER}": "--service-account-issuer=https://10.0.1.12:6443"
            },
        ),
        outcome="not judged",
    ),
    Mutant(
        "a key for Secrets that only one API server has",
        "63.12",
        "controller-1 cannot read a Secret that controller-0 stored",
        another_secrets_key,
        outcome="not judged",
        or_says="controller-0 cannot read a Secret that controller-1 stored",
    ),
    Mutant(
        "one API server that signs tokens with a key of its own",
        "72.11",
        "a token that the API server of controller-1 issues is unknown to that of controller-2",
        signs_with_its_own,
        outcome="not judged",
    ),
    Mutant(
        "health that is told to nobody",
        "68.10",
        "they say controller-0: 403, controller-1: 403, controller-2: 403",
        health_for_nobody,
        outcome="not judged",
        mend=health_for_all,
    ),
    Mutant(
        "an etcd member out of its quota",
        "63.3",
        "alarm:NOSPACE",
        out_of_quota,
        outcome="not judged",
    ),
    Mutant(
        "a controller's clock a minute behind",
        "68.3",
        "s behind the others",
        clock_off(-60),
        outcome="not judged",
        mend=clocks_set,
    ),
    Mutant(
        "a controller's clock a minute ahead",
        "68.3",
        "s ahead of the others",
        clock_off(60),
        outcome="not judged",
        mend=clocks_set,
    ),
    Mutant(
        "a worker without kube-proxy",
        "72.11",
        "kube-proxy of worker-1 does not answer on its health port 10256",
        proxy_off,
        outcome="not judged",
    ),
    Mutant(
        "bridges that keep frames from iptables",
        "72.11",
        "does not reach a Service whose Pod runs on the same worker",
        bridge_past_iptables,
        outcome="not judged",
    ),
)
