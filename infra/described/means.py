"""What a scenario may need of a cluster, and why a description has it not.

Which of these a scenario needs is derived from its steps and its footprint (needs.json beside this,
which tests/scenario_needs writes and a test holds). It is decided before a run begins, by the
description and by the nodes that take Pods when it is attached to, and by nothing else: a means
that is there, and shows that a claim is false, is a verdict.
"""

from collections.abc import Mapping, Sequence

from infra.artifacts import catalog
from infra.described.description import Description

ADMIN_API = "admin_api"
MEANS: Mapping[str, str] = {
    ADMIN_API: "the API as admin: the kubeconfig",
    "each_api_server": "each API server by itself, or the one address that there is",
    "worker_shell": "SSH to workers",
    "controller_shell": "SSH to controllers",
    "load_balancer": "SSH to a load balancer of one's own",
    "etcdctl": "etcdctl on controllers, with certificates",
    "systemd_control_plane": "control-plane components that are systemd units",
    "kube_proxy": "kube-proxy as a systemd unit of workers",
    "ca_keys": "certificates and keys of the cluster, those of its CAs too",
    "programs": "programs of ours for this Kubernetes minor, put on machines or in Pods",
    "ec2": "EC2: power, volumes, instances",
    "built_here": "a cluster that this suite has built: it adds machines to it",
    "may_disrupt": "permission to stop units, replace files and change what others see",
    "may_drain": "permission to cordon and drain nodes",
    "may_power_off": "permission to power machines off",
    "may_storage": "permission to bring the EBS CSI driver",
    "workers_0": "a node that takes Pods",
    "workers_1": "a second node that takes Pods",
    "controllers_0": "a controller by itself",
    "controllers_1": "a second controller by itself",
    "controllers_2": "a third controller by itself",
}
"""By name, as scenarios need them."""


def lacks(told: Description) -> dict[str, str]:
    """Means that the description has not, each with the reason."""
    controllers = [one for one in told.machine if one.is_controller]
    own = sum(bool(one.api) for one in controllers)
    minor = catalog.minor_of(told.kubernetes)
    proxy = told.layout.proxy
    found = {
        **lacks_of_machines(told),
        "each_api_server": "" if own == len(controllers) else "my.toml has controllers without api",
        "systemd_control_plane": ""
        if told.layout.has_systemd_control_plane
        else "the control plane is no systemd units ([layout] control_plane)",
        "kube_proxy": "" if proxy == "unit" else f"kube-proxy is no unit ([layout]: {proxy})",
        "ca_keys": "" if told.pki else "my.toml has no [pki]",
        "ec2": "" if told.ec2 else "my.toml has no [ec2]",
        "programs": "" if has_programs(minor) else f"no programs of Kubernetes {minor} are known",
        "built_here": "this cluster was built by others",
        "controllers_0": "" if own else "no API server is known by itself",
        "controllers_1": "" if own > 1 else "no two API servers are known by themselves",
        "controllers_2": "" if own > 2 else "no three API servers are known by themselves",
    }
    for name, allowed in told.may.model_dump().items():
        found[f"may_{name}"] = "" if allowed else f"my.toml has no {name} = true in [may]"
    return {name: why for name, why in found.items() if why}


def lacks_of_machines(told: Description) -> dict[str, str]:
    """What needs SSH; empty reasons for what is there."""
    described = {
        "controller_shell": any(one.is_controller for one in told.machine),
        "worker_shell": any(one.is_worker for one in told.machine),
        "load_balancer": any(one.role == "load-balancer" for one in told.machine),
    }
    no = "" if told.ssh else "my.toml has no [ssh]"
    found = {
        name: no or ("" if is_there else f"my.toml has no [[machine]] for {MEANS[name]}")
        for name, is_there in described.items()
    }
    found["etcdctl"] = found["controller_shell"]
    if told.layout.preset == "kubeadm" and "etcdctl" not in told.layout.programs:
        found["etcdctl"] = no or "kubeadm brings no etcdctl: write [layout.programs] etcdctl"
    if told.machine and sum(one.is_worker for one in told.machine) < 2:
        found["workers_1"] = "my.toml has no second worker"
    return found


def lacks_of_nodes(workers: Sequence[str], left_out: Mapping[str, str]) -> dict[str, str]:
    """What the nodes that were seen do not give: ``workers`` take Pods, ``left_out`` do not, by the
    reason why. A claim about a second worker says nothing on a cluster that has one.
    """
    closed = ", ".join(f"{name} is {reason}" for name, reason in left_out.items())
    why = f" ({closed})" if closed else ""
    found = {}
    if not workers:
        found["workers_0"] = f"no node takes Pods{why}"
    if len(workers) < 2:
        found["workers_1"] = f"no second node takes Pods{why}"
    return found


def has_programs(minor: str) -> bool:
    known = catalog.all_minors()
    return minor in known and bool(known[minor].before)
