"""Certificates of the live cluster: files on its machines, and who goes by them."""

import base64
from collections.abc import Iterator
from typing import Any

import yaml

from infra import parallel
from infra.clients.transport import systemd
from infra.cluster import Cluster
from infra.inventory import Machine, Role
from infra.pki import certificate_parsing
from infra.pki.certificate_parsing import Found
from infra.pki.identities import AUTHORITIES, Identity, identities
from infra.pki.uses import COMPONENTS, CONFIGURED, Use, uses
from infra.ssh import Shell

ETCD, KUBERNETES, FRONT_PROXY = "etcd-ca", "ca", "front-proxy-ca"
BEGINS, AUTHORITY = b"BEGIN CERTIFICATE", "certificate-authority"


def files(cluster: Cluster) -> list[Found]:
    """Every certificate on controllers and workers, with the component that goes by it.

    Errors: NotPrepared when a component does not run.
    """
    machines = [m for m in cluster.spec.machines if m.role is not Role.LOAD_BALANCER]
    return parallel.found(machines, lambda one: on_machine(cluster.shell(one.name), one))


def on_machine(shell: Shell, machine: Machine) -> list[Found]:
    """What components were started with, then files that lie beside it and none goes by."""
    used = [
        found
        for component in COMPONENTS[machine.role]
        for found in of_component(shell, machine, component)
    ]
    known = {found.place for found in used}
    beside = [path for path in listed(shell) if f"{shell.name}:{path}" not in known]
    return used + [found for path in beside for found in in_file(shell, path)]


def of_component(shell: Shell, machine: Machine, component: str) -> list[Found]:
    settings = started_with(shell, component)
    return [
        found
        for use in uses(machine)
        if use.component == component and use.file_flag in settings
        for found in in_file(shell, settings[use.file_flag], use)
    ]


def started_with(shell: Shell, component: str) -> dict[str, str]:
    """Flags of the running process, and the settings of its configuration by dotted path."""
    flags = systemd.flags(shell, component)
    if component in CONFIGURED and "--config" in flags:
        flags |= flattened(yaml.safe_load(shell.get(flags["--config"])))
    return flags


def flattened(tree: dict[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            found |= flattened(value, f"{before}{key}.")
        else:
            found[before + key] = str(value)
    return found


def listed(shell: Shell) -> list[str]:
    folders = shell.layout.directories.with_certificates
    argv = ["find", *folders, "-xdev", "-maxdepth", "2", "-type", "f"]
    names = ["(", "-name", "*.pem", "-o", "-name", "*kubeconfig", ")"]
    found = shell.run([*argv, *names, "!", "-name", "*-key.pem"], check=False).stdout
    return sorted(found.split())


def in_file(shell: Shell, path: str, use: Use | None = None) -> list[Found]:
    """Certificates of a file; of a kubeconfig the one that is shown, or those that are trusted."""
    place, content = f"{shell.name}:{path}", shell.get(path)
    if not path.endswith("kubeconfig"):
        return certificate_parsing.all_from_pem(place, content, use) if BEGINS in content else []
    parts = in_kubeconfig(shell, yaml.safe_load(content))
    wanted = (False, True) if use is None else (use.flag != use.file_flag,)
    return [
        found
        for trusted, pem in parts
        if trusted in wanted
        for found in certificate_parsing.all_from_pem(place, pem, use)
    ]


def in_kubeconfig(shell: Shell, config: dict[str, Any]) -> Iterator[tuple[bool, bytes]]:
    """Whether it is for trusting, and PEM; written out or as the name of a file."""
    kinds = (("users", "user", "client-certificate"), ("clusters", "cluster", AUTHORITY))
    for plural, one, key in kinds:
        for entry in config.get(plural) or ():
            if data := entry[one].get(f"{key}-data"):
                yield key == AUTHORITY, base64.b64decode(data)
            elif path := entry[one].get(key):
                yield key == AUTHORITY, shell.get(path)


def built(cluster: Cluster) -> tuple[Identity, ...]:
    """Identities whose certificates lie on machines: all but the administrator's."""
    serving = [cluster.reached_at(machine.name) for machine in cluster.spec.api_machines]
    rows = identities(cluster.spec, serving)
    return tuple(row for row in rows if row.name != "admin")


def authorities(cluster: Cluster) -> dict[str, Found]:
    """The three that the build signed with, by name."""
    names = [row.name for row in AUTHORITIES]
    return {
        name: certificate_parsing.from_pem("the build", cluster.material.cert(name))
        for name in names
    }
