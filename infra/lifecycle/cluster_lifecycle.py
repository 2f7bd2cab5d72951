"""A cluster's life: up (build or finish building), attach, down. The same on every platform."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra import ec2
from infra.artifacts import catalog as catalogs
from infra.artifacts import obtain
from infra.artifacts.store import Store
from infra.cluster import Cluster
from infra.described import attaching, reading
from infra.errors import UserError
from infra.inventory import ClusterSpec
from infra.lifecycle import (
    cluster_artifacts,
    cluster_identity,
    gate,
    platforms,
    state_dir,
    upgrade_record,
)
from infra.lifecycle.build_runner import Tally, build
from infra.lifecycle.machines import machine_addresses, user_data
from infra.lifecycle.platforms import Site
from infra.pki import authority, kubeconfigs, ssh_keys
from infra.progress import Progress
from infra.settings import Settings
from infra.ssh import Ssh
from infra.ssh.connection import Login

USER = "admin"
"""The login of Debian's AMIs; the local EC2's image has the same."""
BUSYBOX = Path("/bin/busybox")
"""Debian's busybox-static, for the busybox image; make installs it."""


def up(settings: Settings, progress: Progress) -> tuple[Cluster, Tally]:
    """A healthy cluster as the series builds it; finishes what an earlier ``up`` left undone.

    Errors: UserError, MissingArtifact, PlatformError, PhaseFailed, ClusterBroken.
    """
    must_be_ours(settings)
    settings = cluster_identity.decided(settings)
    upgrade_record.must_be_whole(settings)
    cluster_identity.must_be_pinned(settings)
    store = Store.default()
    platforms.require(settings, store)
    state_dir.prepare(settings.state)
    spec = platforms.identify(settings).spec(settings.kubernetes)
    with progress.stage("artifacts"):
        supplied = gather(settings, store, progress)
    site = platforms.open_site(settings, store, supplied.supplies, progress)
    with progress.stage("machines"):
        ssh_keys.ensure(settings.state / "ssh", spec)
        provisioned = provision(settings, spec, site, progress)
    addresses = machine_addresses.reach(provisioned, public=site.public)
    with progress.stage("certificates and kubeconfigs"):
        certify(settings, spec, addresses)
    cluster = connect(settings, spec, addresses)
    tally = build(cluster, supplied.supplies, progress, admits=site.admits)
    with progress.stage("health gate"):
        gate.gate(cluster, deep=bool(tally.changed or provisioned.changes))
    state_dir.mended(settings.state)
    platforms.renew(settings)
    platforms.put_off(settings, cluster)
    made = record(settings, spec, provisioned)
    made |= {"addresses": addresses, "artifacts": list(supplied.sources)}
    made["stages"] = building_stages(settings, tally, progress)
    state_dir.write(settings.state, made)
    return cluster, tally


def building_stages(settings: Settings, tally: Tally, progress: Progress) -> object:
    """Of the ``up`` that built it: the report tells how it was built, not looked at."""
    if tally.changed == 0 and (before := state_dir.read(settings.state)):
        return before["stages"]
    return progress.stages


def prepare(settings: Settings, progress: Progress) -> None:
    """Has everything that a local cluster is made of in the cache. Errors: as ``up``."""
    catalogs.load(settings.kubernetes)
    store = Store.default()
    platforms.require(settings, store)
    with progress.stage("artifacts"):
        supplied = gather(settings, store, progress)
    platforms.make(store, supplied.supplies, progress)


def gather(settings: Settings, store: Store, progress: Progress) -> cluster_artifacts.Supplied:
    """Programs and images, had now. Errors: MissingArtifact, UserError."""
    return cluster_artifacts.gather(
        settings.kubernetes,
        store,
        progress,
        busybox=BUSYBOX,
        tools=platforms.node_tools(store, progress),
        preloaded=platforms.preloads(settings),
    )


def certify(settings: Settings, spec: ClusterSpec, addresses: Mapping[str, str]) -> None:
    serving = tuple(addresses[machine.name] for machine in spec.api_machines)
    material = authority.create_all(spec, settings.state / "pki", extra_addresses=serving)
    kubeconfigs.create_all(spec, material, admin_at=addresses[spec.load_balancer.name])


def record(settings: Settings, spec: ClusterSpec, provisioned: ec2.Provisioned) -> dict[str, Any]:
    """What attach and the report need to know of a finished cluster."""
    return {
        "id": spec.id,
        "kubernetes": spec.kubernetes,
        "platform": spec.platform,
        "region": settings.region,
        "time_scale": settings.time_scale,
        "instances": {name: i.id for name, i in provisioned.instances.items()},
        "machines": [
            {"name": m.name, "role": m.role, "address": m.private_ip, "type": m.instance_type}
            for m in spec.machines
        ],
    }


def provision(
    settings: Settings, spec: ClusterSpec, site: Site, progress: Progress
) -> ec2.Provisioned:
    """The machines; what is made or put back in EC2 is told, and what is not ours as well."""
    keys = settings.state / "ssh"
    client = site.client(settings)
    if spec.tags:
        ec2.require_ours(client, site.iam(settings), spec)
    changes: list[str] = []

    def say(text: str) -> None:
        changes.append(text)
        progress.say(text)

    provisioned = ec2.provision(
        client,
        spec,
        public_key=ssh_keys.public(keys),
        user_data={
            m.name: user_data.of(keys, m.name, idle_hours=platforms.idle_hours(settings))
            for m in spec.machines
        },
        allowed_cidr=site.allowed_cidr,
        zone=site.zone,
        say=say,
    )
    ec2.route_pods(client, spec, provisioned, say=say)
    for stranger in ec2.strangers(client, spec, provisioned):
        progress.say(stranger)
    return replace(provisioned, changes=tuple(changes))


def connect(settings: Settings, spec: ClusterSpec, addresses: Mapping[str, str]) -> Cluster:
    keys = settings.state / "ssh"

    def login_at(machine: str) -> Login:
        known = ssh_keys.known_hosts(keys, addresses)
        return Login(addresses[machine], USER, keys / "id", known)

    def shell(machine: str) -> Ssh:
        return Ssh(machine, lambda: login_at(machine))

    return Cluster(spec, settings.state, shell, addresses)


def attach(settings: Settings) -> Cluster:
    """The cluster that ``up`` built, its network entered. Errors: UserError when there is none."""
    if settings.is_existing and settings.cluster_file:
        return attaching.attach(reading.read(settings.cluster_file), settings.state)
    settings = cluster_identity.decided(settings)
    record = state_dir.read(settings.state)
    if record is None:
        raise UserError(f"there is no finished cluster {settings.cluster_id!r}; run: ./kfs up")
    cluster_identity.must_be_pinned(settings)
    return attach_as(settings, record["kubernetes"])


def attach_as(settings: Settings, kubernetes: str) -> Cluster:
    """A cluster that was built, to be of that version. Errors: UserError, PlatformError."""
    if settings.platform == "local":
        platforms.find_local(settings)
    spec = cluster_identity.ensure(settings).spec(kubernetes)
    return connect(settings, spec, machine_addresses.Recorded(settings.state))


def must_be_ours(settings: Settings) -> None:
    """Errors: UserError for a cluster that others built."""
    if settings.is_existing:
        file = settings.cluster_file
        raise UserError(
            f"{file} describes a cluster that others built: nothing of it is built or removed; "
            f"judge it with: pytest --cluster {file} -k part (else unset KFS_CLUSTER_FILE)"
        )


def down(settings: Settings, progress: Progress) -> Settings:
    """Removes everything of the cluster; fine when there is nothing. Says where it looked.

    Errors: UserError when an option contradicts the state directory, PlatformError.
    """
    must_be_ours(settings)
    settings = cluster_identity.decided(settings)
    with progress.stage("down"):
        platforms.remove(settings, progress)
    return settings


def status(settings: Settings) -> str:
    """What is there, in a few lines. Errors: UserError without a cluster, ClusterBroken if ill."""
    cluster = attach(settings)
    upgrade_record.must_be_whole(settings)
    gate.gate(cluster, deep=True)
    lines = [f"cluster {settings.cluster_id}: Kubernetes {cluster.spec.kubernetes}, healthy"]
    lines += [
        f"  {m.name:<14}{m.role:<15}{cluster.reached_at(m.name)}" for m in cluster.spec.machines
    ]
    return "\n".join(lines)


def kubectl(settings: Settings) -> Path:
    """The pinned kubectl in a directory where it is called kubectl."""
    found = program(cluster_identity.decided(settings).kubernetes, "kubectl")
    link = settings.state / "bin" / "kubectl"
    if not link.is_symlink() or link.readlink() != found:
        link.parent.mkdir(exist_ok=True, mode=0o700)
        link.unlink(missing_ok=True)
        link.symlink_to(found)
    return link


def program(kubernetes: str, name: str) -> Path:
    """A pinned program of a version, or of a minor. Errors: UserError, MissingArtifact."""
    catalog, store = catalogs.load(catalogs.minor_of(kubernetes)), Store.default()
    return obtain.obtain(catalog, [name], store=store, say=lambda _: None)[name].path
