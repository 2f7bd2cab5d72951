"""Provisioning as the suite calls it, and a record of what it asked of EC2."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from infra import ec2
from infra.inventory import ClusterSpec, series
from tests.contract.world import PUBLIC_KEY

SERIES = series("test", kubernetes="v1.36.1", platform="local")
SPEC = replace(SERIES, machines=(SERIES.load_balancer, *SERIES.workers))
"""Three machines are enough for most tests: moto's answers cost by the machine."""
CALLER = "198.51.100.7/32"
ID = re.compile(r"\b([a-z]+)-[0-9a-f]{17}\b")
SHOWN_WITHOUT = {"ClientToken", "UserData", "TagSpecifications", "PublicKeyMaterial"}


class Interrupted(Exception):
    """The run was cut short: EC2 did what was asked, its answer was lost."""


class Recorder:
    """What a client asks, in order; ``interrupt_after`` mutating calls it is cut short."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.interrupt_after: int | None = None

    @property
    def changes(self) -> list[tuple[str, dict[str, Any]]]:
        return [c for c in self.calls if not c[0].startswith("Describe")]

    def asked(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.calls.append((model.name, dict(params)))

    def answered(self, model: Any, **_: Any) -> None:
        if self.interrupt_after is None or model.name.startswith("Describe"):
            return
        self.interrupt_after -= 1
        if self.interrupt_after < 0:
            raise Interrupted(model.name)

    def sequence(self) -> str:
        """One line a call; ids by kind, launches (they are parallel) in the order of addresses."""
        lines = []
        for name, params in self.calls:
            shown = {k: v for k, v in params.items() if k not in SHOWN_WITHOUT}
            asked = ID.sub(r"<\1>", json.dumps(shown, sort_keys=True, default=str))
            lines.append(f"{name} {asked}")
        launches = sorted(line for line in lines if line.startswith("RunInstances"))
        return "".join(
            f"{launches.pop(0) if line.startswith('RunInstances') else line}\n" for line in lines
        )


@contextmanager
def hooked(client: Any, event: str, call: Callable[..., None]) -> Iterator[None]:
    client.meta.events.register(event, call)
    try:
        yield
    finally:
        client.meta.events.unregister(event, call)


@contextmanager
def recording(client: Any) -> Iterator[Recorder]:
    recorder = Recorder()
    with (
        hooked(client, "provide-client-params.ec2", recorder.asked),
        hooked(client, "after-call.ec2", recorder.answered),
    ):
        yield recorder


def provision(client: Any, spec: ClusterSpec = SPEC, **changes: Any) -> ec2.Provisioned:
    asked: dict[str, Any] = {
        "public_key": PUBLIC_KEY,
        "user_data": {m.name: f"#cloud-config\nhostname: {m.name}\n" for m in spec.machines},
        "allowed_cidr": CALLER,
        "say": lambda _: None,
    }
    return ec2.provision(client, spec, **asked | changes)


def remove(client: Any, spec: ClusterSpec = SPEC) -> None:
    ec2.deprovision(client, spec, say=lambda _: None)


def left(client: Any) -> dict[str, int]:
    """How much of everything EC2 still has (terminated instances are only shown)."""
    instances = [
        i
        for r in client.describe_instances()["Reservations"]
        for i in r["Instances"]
        if i["State"]["Name"] != "terminated"
    ]
    return {
        "instances": len(instances),
        "addresses": len(client.describe_addresses()["Addresses"]),
        "interfaces": len(client.describe_network_interfaces()["NetworkInterfaces"]),
        "gateways": len(client.describe_internet_gateways()["InternetGateways"]),
        "subnets": len(client.describe_subnets()["Subnets"]),
        "route tables": len(client.describe_route_tables()["RouteTables"]),
        "groups": len(client.describe_security_groups()["SecurityGroups"]),
        "networks": len(client.describe_vpcs()["Vpcs"]),
        "keys": len(client.describe_key_pairs()["KeyPairs"]),
    }


NOTHING = dict.fromkeys(
    [
        "instances",
        "addresses",
        "interfaces",
        "gateways",
        "subnets",
        "route tables",
        "groups",
        "networks",
        "keys",
    ],
    0,
)
WHOLE = NOTHING | {
    "instances": 3,
    "addresses": 1,
    "interfaces": 3,
    "gateways": 1,
    "subnets": 1,
    "route tables": 2,  # ours and the network's main one
    "groups": 2,  # ours and the network's default one
    "networks": 1,
    "keys": 1,
}
