"""Deliberately broken clusters that the suite must catch, by claim (docs/TRACK_RECORD.md).

Each is one change to a good cluster. The suite runs against it with ``--attach`` (it must not mend
the cluster first); ``python -m infra up`` afterwards mends it, which is itself worth proving.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from fixtures import ebs_driver
from infra import ec2, up
from infra.clients import kubelet, units
from infra.cluster import Cluster
from infra.ec2 import profile
from infra.phases.build import await_api
from infra.pki import authority
from infra.pki.identities import api_server
from infra.progress import Progress
from infra.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TRUNCATING = """#!/bin/sh
/usr/local/bin/etcdctl.whole "$@" || exit
for last; do :; done
case "$*" in *"snapshot save"*) truncate -s -1000 "$last" ;; esac
"""


@dataclass(frozen=True)
class Mutant:
    """One change; ``catches`` is the claim that must not hold, ``says`` a part of its message."""

    name: str
    catches: str
    says: str
    change: Callable[[Cluster], None]
    outcome: str = "does not hold"
    """``not judged`` where the health gate catches it first: no claim can be judged on it."""


def edit(cluster: Cluster, machine: str, path: str, old: str, new: str) -> None:
    shell = cluster.shell(machine)
    before = shell.get(path).decode()
    assert old in before, f"{path} on {machine} has no {old!r}: the mutant is out of date"
    shell.put(before.replace(old, new).encode(), path)


def restart(cluster: Cluster, machine: str, unit: str) -> None:
    """An API server takes a minute to end: it waits for its clients' watches."""
    units.restart(cluster.shell(machine), unit)


def two_managers(cluster: Cluster) -> None:
    unit = "/etc/systemd/system/kube-controller-manager.service"
    edit(cluster, "controller-1", unit, "--leader-elect=true", "--leader-elect=false")
    restart(cluster, "controller-1", "kube-controller-manager")


def kubelets_with(*lines: str) -> Callable[[Cluster], None]:
    """Kubelets with further settings than the series gives them."""
    return kubelets_changed(
        "kind: KubeletConfiguration", "\n".join(["kind: KubeletConfiguration", *lines])
    )


def kubelets_changed(old: str, new: str) -> Callable[[Cluster], None]:
    def change(cluster: Cluster) -> None:
        for worker in cluster.spec.workers:
            edit(cluster, worker.name, "/var/lib/kubelet/kubelet-config.yaml", old, new)
            restart(cluster, worker.name, "kubelet")

    return change


def short_snapshots(cluster: Cluster) -> None:
    for controller in cluster.spec.controllers:
        shell = cluster.shell(controller.name)
        shell.run(["mv", "/usr/local/bin/etcdctl", "/usr/local/bin/etcdctl.whole"])
        shell.put(TRUNCATING.encode(), "/usr/local/bin/etcdctl", mode=0o755)


def api_server_with(machine: str, old: str, new: str) -> Callable[[Cluster], None]:
    """One API server with another argument; it takes a minute to end, for its clients' watches."""

    def change(cluster: Cluster) -> None:
        edit(cluster, machine, "/etc/systemd/system/kube-apiserver.service", old, new)
        restart(cluster, machine, "kube-apiserver")
        await_api(cluster.api_of(machine))

    return change


def without_way_to_kubelets(cluster: Cluster) -> None:
    binding = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/system:kube-apiserver"
    cluster.api.delete(binding)
    for worker in cluster.spec.workers:
        restart(cluster, worker.name, "kubelet")  # it keeps its verdicts for minutes
        kubelet.await_heartbeat(cluster.api, worker.name)


def talkative_proxies(cluster: Cluster) -> None:
    for worker in cluster.spec.workers:
        path = "/var/lib/kube-proxy/kube-proxy-config.yaml"
        edit(cluster, worker.name, path, "kind:", "metricsBindAddress: 0.0.0.0:10249\nkind:")
        restart(cluster, worker.name, "kube-proxy")


def unchecked_servers(cluster: Cluster) -> None:
    machine = cluster.spec.load_balancer.name
    old = "default-server check check-ssl verify none"
    edit(cluster, machine, "/etc/haproxy/haproxy.cfg", old, "default-server")
    restart(cluster, machine, "haproxy")


def secrets_in_clear(cluster: Cluster) -> None:
    """What is written is written by the first provider."""
    for machine in cluster.spec.controllers:
        shell, path = cluster.shell(machine.name), "/var/lib/kubernetes/encryption-config.yaml"
        config = yaml.safe_load(shell.get(path))
        config["resources"][0]["providers"].reverse()
        shell.put(yaml.safe_dump(config).encode(), path, mode=0o600)
        restart(cluster, machine.name, "kube-apiserver")
        await_api(cluster.api_of(machine.name))


def without_the_balancer(cluster: Cluster) -> None:
    """As when somebody forgets it among the alternative names of article 4."""
    spec = cluster.spec
    whole = api_server(spec)
    own = tuple(one for one in whole.addresses if one != spec.load_balancer.private_ip)
    now = datetime.now(UTC).replace(microsecond=0)
    pair = authority.issue(
        authority.load(cluster.material, "ca"),
        replace(whole, addresses=own),
        not_before=now - authority.BACKDATE,
        not_after=now - authority.BACKDATE + authority.VALIDITY,
    )
    shell = cluster.shell("controller-1")
    shell.put(pair.certificate_pem, "/var/lib/kubernetes/kube-apiserver.pem")
    shell.put(pair.key_pem, "/var/lib/kubernetes/kube-apiserver-key.pem", mode=0o600)


def role_on_a_controller(cluster: Cluster) -> None:
    """As when somebody gives the profile to every machine."""
    driver = ebs_driver.driver_of(cluster, Settings())
    driver.give_role()
    ids = {
        str(name): info.id for name, info in ec2.instances(driver.aws.ec2, cluster.spec.id).items()
    }
    profile.give(driver.aws.ec2, driver.aws.iam, cluster.spec, [ids["controller-0"]])


MUTANTS = (
    Mutant(
        "the driver's role on a controller too",
        "44.1",
        "the role should be on the workers",
        role_on_a_controller,
    ),
    Mutant("leader election off on one manager", "68.2", "says that it leads", two_managers),
    Mutant(
        "kubelets without CPU quota",
        "70.1",
        "cpu.max max 100000",
        kubelets_with("cpuCFSQuota: false"),
    ),
    Mutant("snapshots cut short", "63.3", "no checksum after whole pages", short_snapshots),
    Mutant(
        "kubelets that allow everything",
        "72.11",
        "the right to nodes/metrics opens its own endpoints and no other",
        kubelets_changed("authorization: {mode: Webhook}", "authorization: {mode: AlwaysAllow}"),
    ),
    Mutant(
        "kubelets that let nobody in",
        "72.17",
        "a kubelet refuses whom it does not know with 401",
        kubelets_changed("anonymous: {enabled: false}", "anonymous: {enabled: true}"),
    ),
    Mutant(
        "two log files kept",
        "66.6",
        "kubelets keep the documented defaults",
        kubelets_with("containerLogMaxFiles: 2"),
    ),
    Mutant(
        "images collected when the disk is full",
        "65.8",
        "kubelets keep the documented defaults",
        kubelets_with("imageGCHighThresholdPercent: 100", "imageGCLowThresholdPercent: 99"),
    ),
    Mutant(
        "one API server that routes to Services",
        "61.10",
        "every API server runs with --enable-aggregator-routing=true",
        api_server_with(
            "controller-1", "--enable-aggregator-routing=true", "--enable-aggregator-routing=false"
        ),
    ),
    Mutant(
        "the front proxy's authority is the Kubernetes CA",
        "61.7",
        "the front proxy's CA and name should be published",
        api_server_with(
            "controller-1",
            "--requestheader-client-ca-file=/var/lib/kubernetes/front-proxy-ca.pem",
            "--requestheader-client-ca-file=/var/lib/kubernetes/ca.pem",
        ),
    ),
    Mutant(
        "API servers without rights on kubelets",
        "72.16",
        "admin should read the Pod's log",
        without_way_to_kubelets,
    ),
    Mutant(
        "kube-proxies that tell everybody",
        "67.4",
        "kube-proxy's metrics stay on its machine",
        talkative_proxies,
    ),
    Mutant(
        "one API server without admission policies",
        "69.2",
        "controller-2",
        api_server_with(
            "controller-2",
            "--enable-aggregator-routing=true",
            "--disable-admission-plugins=ValidatingAdmissionPolicy \\\n  "
            "--enable-aggregator-routing=true",
        ),
    ),
    Mutant(
        "an API server's certificate without the balancer",
        "63.13",
        "certificate is not valid for '10.0.1.10'",
        without_the_balancer,
        outcome="not judged",
    ),
    Mutant(
        "Secrets in clear in etcd",
        "63.12",
        "the Secret is stored without encryption",
        secrets_in_clear,
    ),
    Mutant(
        "a load balancer that does not check",
        "64.12",
        "s of failures, 9.0 allowed",
        unchecked_servers,
    ),
)


@pytest.fixture(params=MUTANTS, ids=lambda m: m.name.replace(" ", "-"))
def mutant(request: pytest.FixtureRequest) -> Iterator[Mutant]:
    chosen: Mutant = request.param
    subprocess.run([sys.executable, "-m", "infra", "up"], check=True, cwd=ROOT)
    cluster = up.attach(Settings())
    try:
        chosen.change(cluster)
        yield chosen
    finally:
        ebs_driver.remove_left(cluster, Settings())
        cluster.close()
        subprocess.run([sys.executable, "-m", "infra", "up"], check=True, cwd=ROOT)


def test_the_suite_catches(mutant: Mutant, tmp_path: Path) -> None:
    mark = f"claim_{mutant.catches.replace('.', '_')}"
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", mark, "--attach", *sorted_live()],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "KFS_REPORTS": str(tmp_path), "KFS_KEEP": "always"},
    )
    claim = judged(tmp_path, mutant.catches)
    Progress().say(f"{mutant.name}: {claim['outcome']}: {claim['reason'][:200]}")
    assert ended.returncode == 1, (
        f"the suite stayed green on: {mutant.name}\n{ended.stdout[-2000:]}"
    )
    assert claim["outcome"] == mutant.outcome, claim
    assert mutant.says in claim["reason"], claim


def sorted_live() -> list[str]:
    return sorted(str(p.relative_to(ROOT)) for p in (ROOT / "tests").glob("test_part*.py"))


def judged(reports: Path, claim: str) -> dict[str, str]:
    (path,) = reports.glob("v*/*/claims.json")
    found = [c for c in json.loads(path.read_text())["claims"] if c["id"] == claim]
    return dict(found[0])
