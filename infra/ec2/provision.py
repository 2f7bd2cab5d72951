"""Provisioning: the network, the six machines, the balancer's address, the pods' routes."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from infra.ec2 import machines, network
from infra.ec2.api import Client, asking
from infra.ec2.model import InstanceInfo, Provisioned, instances
from infra.inventory import ClusterSpec, MachineName

Say = Callable[[str], None]


def provision(
    client: Client,
    spec: ClusterSpec,
    *,
    public_key: str,
    user_data: Mapping[str, str],
    allowed_cidr: str,
    zone: str | None = None,
    say: Say,
) -> Provisioned:
    """Every machine of the spec runs; what was there already is left as it is.

    ``user_data`` by machine name, in clear; ``allowed_cidr`` is where the caller comes from;
    ``zone`` is where a new network is, None: EC2 chooses.

    Errors: PlatformError with the resource and EC2's reason.
    """
    ids = network.ensure(client, spec, allowed_cidr=allowed_cidr, zone=zone, say=say)
    launch = machines.Launch(
        image=machines.image(client),
        network=ids,
        key_name=machines.key_pair(client, spec, public_key),
        user_data=user_data,
    )
    running = machines.ensure(client, spec, launch, say=say)
    regroup(client, running, ids.group, say)
    balancer = running[spec.load_balancer.name]
    elastic = replace(balancer, public_ip=network.address(client, spec, balancer))
    return _provisioned(ids, {**running, spec.load_balancer.name: elastic})


def regroup(
    client: Client, running: Mapping[MachineName, InstanceInfo], group: str, say: Say
) -> None:
    """Every machine is in the cluster's security group, and in no other."""
    for name, instance in running.items():
        if instance.groups != (group,):
            say(f"{name} is in the cluster's security group, and in no other")
            with asking("security groups of", name):
                client.modify_instance_attribute(InstanceId=instance.id, Groups=[group])


def find(client: Client, spec: ClusterSpec) -> Provisioned | None:
    """What is there; None when the network is not whole. ``missing`` names absent machines."""
    ids = network.find(client, spec.id)
    if ids is None:
        return None
    return _provisioned(ids, instances(client, spec.id))


def _provisioned(ids: network.Ids, running: Mapping[MachineName, InstanceInfo]) -> Provisioned:
    return Provisioned(ids.vpc, ids.subnet, ids.group, ids.route_table, running)


def silent(_: str) -> None:
    """For who does not want to be told."""


def route_pods(
    client: Client, spec: ClusterSpec, provisioned: Provisioned, *, say: Say = silent
) -> None:
    """The VPC sends each pod range to its worker, which may forward it (article 14).

    Errors: PlatformError with the resource and EC2's reason.
    """
    table = provisioned.route_table_id
    for worker in spec.workers:
        instance = provisioned.instances[worker.name]
        if instance.source_dest_check:
            say(f"{worker.name} may forward what its Pods send (no source/destination check)")
            with asking("source/destination check of", worker.name):
                client.modify_instance_attribute(
                    InstanceId=instance.id, SourceDestCheck={"Value": False}
                )
        network.route(client, table, cidr=str(worker.pod_cidr), instance=instance.id, say=say)
