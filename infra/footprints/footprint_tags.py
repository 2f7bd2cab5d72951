"""The words by which a scenario says what it changes and what it relies on, as tags.

``@changes_a_worker @relies_on_devices``: the only home of these words. A word stands for resources,
which are what scenarios hold while they run (infra/footprints/footprint.py).
"""

from collections.abc import Mapping

from infra.errors import UserError

CHANGES, RELIES_ON, IGNORES = "changes_", "relies_on_", "ignores_"
"""How tags begin: holds it alone; shares it with others who rely on it; does without what every
scenario relies on unless it says so."""
WORKERS = ("worker-0", "worker-1")
"""The workers of the series; a scenario may add others, which are its own."""
A_WORKER, EVERY_WORKER = "a_worker", "every_worker"
API_SERVERS, ETCD, READINESS = "API servers", "etcd", "nodes' readiness"
MANAGERS, SCHEDULERS, BALANCER = "managers", "schedulers", "balancer"
ADD_ONS, LOAD, CLOCK, DRIVER = "add-ons", "the API's load", "clock", "EBS driver"
DEVICES, FLOW_CONTROL = "devices of nodes", "flow control"

MEANINGS: Mapping[str, tuple[tuple[str, ...], str]] = {
    A_WORKER: ((), "one worker, whichever is free; it is told which (`own_worker`)"),
    "worker_0": (("worker-0",), "worker-0 by name: its machine, kubelet, runtime, node and Pods"),
    "worker_1": (("worker-1",), "worker-1 by name"),
    EVERY_WORKER: (WORKERS, "both workers: their Pods may run anywhere, or each is looked at"),
    "managers": ((MANAGERS,), "controller managers and their Lease"),
    "schedulers": ((SCHEDULERS,), "schedulers and their Lease"),
    "an_api_server": ((API_SERVERS,), "one API server"),
    "every_api_server": ((API_SERVERS,), "all of them, or what all of them obey"),
    "a_member": ((ETCD,), "one member of etcd"),
    "etcd": ((ETCD,), "all members"),
    "balancer": ((BALANCER,), "the load balancer"),
    "nodes_readiness": (
        (READINESS,),
        "that all nodes are Ready; a node is lost for longer than a restart of its kubelet takes",
    ),
    "add_ons": ((ADD_ONS,), "CoreDNS and metrics-server: a drain moves them"),
    "ebs_driver": ((DRIVER,), "the EBS CSI driver, its definitions and its role"),
    "api_load": ((LOAD,), "how quickly API servers answer, and how they share their seats"),
    "clock": ((CLOCK,), "the machines' time"),
    "cluster_scoped_devices": ((DEVICES,), "extended resources in the status of nodes"),
    "cluster_scoped_flow_control": (
        (FLOW_CONTROL,),
        "FlowSchemas and priority levels that are not the scenario's own",
    ),
}
"""By word: the resources that it stands for, and what is meant."""
IMPLIED = (
    BALANCER,
    API_SERVERS,
    ETCD,
    READINESS,
    MANAGERS,
    SCHEDULERS,
    ADD_ONS,
    LOAD,
    CLOCK,
)
"""What every scenario relies on; who changes one of these is alone on its cluster. Besides, a
scenario that names no worker relies on ``a_worker``: its Pods run there."""
IGNORABLE: Mapping[str, tuple[str, ...]] = {
    "workers": (A_WORKER,),  # no Pod of it runs, and it looks at no worker
}
"""By the word after ``ignores_``: what is not implied then."""


class UnknownFootprint(UserError):
    """A tag speaks of a footprint in words that are none, or contradicts another."""


def tags() -> dict[str, str]:
    """Every tag of a footprint, with its meaning, as pytest lists markers."""
    found = {f"{CHANGES}{word}": f"changes {told}" for word, (_, told) in MEANINGS.items()}
    found |= {f"{RELIES_ON}{word}": f"relies on {told}" for word, (_, told) in MEANINGS.items()}
    return found | {f"{IGNORES}{word}": "no Pod of it runs on one" for word in IGNORABLE}


def resources(word: str) -> tuple[str, ...]:
    return MEANINGS[word][0]
