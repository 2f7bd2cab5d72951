"""The phases fit together: what a unit or a configuration names, some phase puts there."""

import base64
import re
from dataclasses import replace
from pathlib import Path

import jinja2
import pytest

from infra.artifacts.catalog import all_minors
from infra.build.templates import files_named_in, programs, rendered
from infra.desired.things import Binary, Directory, File, Package, Running, Secret, Thing, Unit
from infra.inventory import ClusterSpec, Machine, Role, series
from infra.lifecycle.render import things_of
from infra.localec2.image.layout import destination
from infra.machine_layout import SERIES
from infra.phases import BUILD
from infra.pki import authority, kubeconfigs
from infra.pki.identities import KUBELET_CLIENT, identities
from infra.pki.material import Material

SPEC = series("unit", kubernetes="v1.36.1", platform="local")
EVERY = pytest.mark.parametrize("machine", SPEC.machines, ids=lambda m: m.name)
PATH = re.compile(r"(?<![\w/.:-])/(?:bin|etc|opt|run|usr|var)/[\w./-]+\w")
DEBIAN = {  # program -> the package that has it
    "/usr/sbin/haproxy": "haproxy",
    "/usr/sbin/modprobe": "kmod",
    "/usr/sbin/nft": "nftables",
    "/usr/sbin/sysctl": "procps",
}
MADE_BY_PROGRAMS = {"/run/haproxy/haproxy.pid", "/var/log/kubernetes/audit.log"}


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    made = authority.create_all(SPEC, tmp_path_factory.mktemp("state") / "pki")
    kubeconfigs.create_all(SPEC, made)
    return made


def missing_paths(things: tuple[Thing, ...]) -> set[str]:
    """Paths that a unit or a file names and nothing provides."""
    there = {t.path for t in things if isinstance(t, Directory | File | Secret | Binary)}
    there |= {str(parent) for path in there for parent in Path(path).parents}
    packages = {t.name for t in things if isinstance(t, Package)}
    there |= {path for path, package in DEBIAN.items() if package in packages}
    texts = [t.content for t in things if isinstance(t, File | Unit)]
    lines = [ln for text in texts for ln in text.splitlines() if not ln.lstrip().startswith("#")]
    named = {path for line in lines for path in PATH.findall(line)}
    return named - there - MADE_BY_PROGRAMS


@EVERY
def test_everything_that_is_named_is_put_there(material: Material, machine: Machine) -> None:
    things = things_of(SPEC, material, machine)
    assert missing_paths(things) == set()
    for path in MADE_BY_PROGRAMS & set(PATH.findall(str(things))):
        assert Directory(str(Path(path).parent), mode=0o700) in things or path.startswith("/run/")


@EVERY
def test_the_check_sees_what_is_left_out(material: Material, machine: Machine) -> None:
    things = things_of(SPEC, material, machine)
    left_out = [t for t in things if isinstance(t, File | Secret) and t.path in read_by(things)]
    assert left_out
    for one in left_out:
        rest = tuple(t for t in things if t is not one)
        assert missing_paths(rest) == {one.path}


@EVERY
@pytest.mark.parametrize("minor", [name for name, one in all_minors().items() if one.before])
def test_machines_of_all_minors_are_configured_alike(
    material: Material, machine: Machine, minor: str
) -> None:
    """Each minor has every flag and field that is set: see docs/adr/0021 before one has its own."""
    spec = replace(SPEC, kubernetes=all_minors()[minor].kubernetes)
    things = things_of(spec, material, machine)
    assert things == things_of(SPEC, material, machine)
    gates = [t for t in things if re.search(r"feature-?gates", str(t), re.IGNORECASE)]
    assert not gates, "a gate has other defaults on other minors"


def read_by(things: tuple[Thing, ...]) -> set[str]:
    return {path for t in things if isinstance(t, Running) for path in t.restarts_on}


@EVERY
def test_what_runs_has_a_unit_and_a_program_before_it(material: Material, machine: Machine) -> None:
    things = things_of(SPEC, material, machine)
    for position, thing in enumerate(things):
        if isinstance(thing, Running):
            before = things[:position]
            (unit,) = [t for t in before if isinstance(t, Unit) and t.name == thing.unit]
            pinned = {t.path for t in before if isinstance(t, Binary)}
            assert set(programs(unit.content)) <= pinned | set(DEBIAN)
            assert set(programs(unit.content)) <= set(thing.restarts_on)


@EVERY
def test_a_unit_restarts_when_what_it_reads_changes(material: Material, machine: Machine) -> None:
    things = things_of(SPEC, material, machine)
    units = {t.name: t.content for t in things if isinstance(t, Unit)}
    for thing in things:
        if isinstance(thing, Running):
            assert set(files_named_in(units[thing.unit])) <= set(thing.restarts_on)


@EVERY
def test_no_path_has_two_contents(material: Material, machine: Machine) -> None:
    things = things_of(SPEC, material, machine)
    paths = [t.path for t in things if isinstance(t, Directory | File | Secret | Binary)]
    paths += [t.name for t in things if isinstance(t, Unit)]
    assert len(paths) == len(set(paths))


@EVERY
def test_programs_are_where_the_machine_image_has_them(
    material: Material, machine: Machine
) -> None:
    for thing in things_of(SPEC, material, machine):
        if isinstance(thing, Binary):
            assert thing.path == destination(thing.name)


@EVERY
def test_units_come_back_by_themselves(material: Material, machine: Machine) -> None:
    for thing in things_of(SPEC, material, machine):
        if isinstance(thing, Unit) and "Type=oneshot" not in thing.content:
            assert "Restart=always" in thing.content, thing.name
            assert "StartLimitIntervalSec=0" in thing.content, thing.name


def test_a_changed_kubelet_pair_restarts_its_kubelet(material: Material) -> None:
    things = things_of(SPEC, material, SPEC.machine("worker-0"))
    (kubelet,) = [t for t in things if isinstance(t, Running) and t.unit == "kubelet"]
    assert "/var/lib/kubelet/kubelet-key.pem" in kubelet.restarts_on
    assert "/var/lib/kubelet/kubeconfig" in kubelet.restarts_on


def test_each_role_runs_its_units_and_no_others(material: Material) -> None:
    running = {
        machine.role: [t.unit for t in things_of(SPEC, material, machine) if isinstance(t, Running)]
        for machine in SPEC.machines
    }
    assert running == {
        Role.LOAD_BALANCER: ["haproxy"],
        Role.CONTROLLER: ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"],
        Role.WORKER: ["kubernetes-kernel", "containerd", "kubelet", "kube-proxy", "pod-masquerade"],
    }
    assert all(set(SERIES.units.of(role)) <= set(running[role]) for role in Role)


@pytest.mark.parametrize(
    ("name", "unit", "flags"),
    [
        ("controller-1", "etcd", "--name=controller-1"),
        ("controller-1", "etcd", "--advertise-client-urls=https://10.0.1.12:2379"),
        ("controller-2", "kube-apiserver", "--advertise-address=10.0.1.13"),
        ("worker-1", "kubelet", "--hostname-override=worker-1"),
        ("worker-1", "kubelet", "--node-ip=10.0.1.22"),
    ],
)
def test_a_machine_is_told_who_it_is(material: Material, name: str, unit: str, flags: str) -> None:
    things = things_of(SPEC, material, SPEC.machine(name))
    (found,) = [t for t in things if isinstance(t, Unit) and t.name == unit]
    assert flags in found.content.replace("\\", "").split()


def secrets(material: Material, name: str) -> dict[str, bytes]:
    things = things_of(SPEC, material, SPEC.machine(name))
    return {t.path: t.content for t in things if isinstance(t, Secret)}


def test_a_worker_holds_only_its_own_keys(material: Material) -> None:
    held = secrets(material, "worker-0")
    assert {path for path in held if path.endswith("-key.pem")} == {
        "/var/lib/kubelet/kubelet-key.pem"
    }
    everything = b"".join(held.values())
    known = (material.key("worker-0"), material.key("kube-proxy"))
    assert base64.b64encode(known[1]) in everything
    for other in ("ca", "admin", "worker-1", "service-account"):
        assert material.key(other) not in everything
        assert base64.b64encode(material.key(other)) not in everything


def test_the_balancer_holds_no_secret_and_controllers_no_admin(material: Material) -> None:
    assert secrets(material, "lb") == {}
    everything = b"".join(secrets(material, "controller-0").values())
    assert base64.b64encode(material.key("admin")) not in everything
    for authority_key in ("etcd-ca", "front-proxy-ca"):
        assert material.key(authority_key) not in everything


def test_keys_are_private(material: Material) -> None:
    for machine in SPEC.machines:
        for thing in things_of(SPEC, material, machine):
            if isinstance(thing, Secret) and b"PRIVATE KEY" in thing.content:
                assert thing.mode == 0o600


def test_the_kubelet_s_role_is_bound_to_the_api_servers_name(material: Material) -> None:
    (binding,) = [o for o in objects(SPEC) if o["metadata"]["name"] == "system:kube-apiserver"]
    assert [s["name"] for s in binding["subjects"]] == [KUBELET_CLIENT]
    names = {i.name: i.common_name for i in identities(SPEC)}
    assert names["apiserver-kubelet-client"] == KUBELET_CLIENT


def test_dns_runs_the_pinned_image_twice_at_its_address() -> None:
    found = {(o["kind"], o["metadata"]["name"]): o for o in objects(SPEC)}
    deployment = found["Deployment", "coredns"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert re.fullmatch(r"registry\.k8s\.io/coredns/coredns:v[\d.]+", container["image"])
    assert container["imagePullPolicy"] == "IfNotPresent"
    assert deployment["spec"]["replicas"] == 2
    assert found["Service", "kube-dns"]["spec"]["clusterIP"] == "10.32.0.10"
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert found["Service", "kube-dns"]["spec"]["selector"] == labels


def objects(spec: ClusterSpec) -> list[dict]:  # type: ignore[type-arg]
    return [item for phase in BUILD for item in phase.objects(spec)]


def test_phases_are_in_the_order_of_the_articles() -> None:
    articles = [phase.article for phase in BUILD]
    assert articles == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 40]
    assert len({phase.name for phase in BUILD}) == len(BUILD)


def test_a_word_that_nobody_gave_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="machine"):
        rendered("kubelet.service")
