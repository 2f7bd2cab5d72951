"""What somebody else gave the cluster's machines and routes: told, and left to who made it."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from infra.ec2 import instance_profile, network
from infra.ec2.api import Client, asking
from infra.ec2.model import Provisioned
from infra.inventory import ClusterSpec


def strangers(client: Client, spec: ClusterSpec, provisioned: Provisioned) -> list[str]:
    """One sentence each. Errors: PlatformError."""
    return [*profiles(client, spec, provisioned), *routes(client, spec)]


def profiles(client: Client, spec: ClusterSpec, provisioned: Provisioned) -> Iterator[str]:
    """Instance profiles that are not the driver's, or not on a worker."""
    names = {instance.id: name for name, instance in provisioned.instances.items()}
    workers = {worker.name for worker in spec.workers}
    with asking("instance profiles of", spec.id):
        found = instance_profile.in_force(client)
    for instance, given in found.items():
        name = names.get(instance)
        if name is None or (given == instance_profile.name_of(spec) and name in workers):
            continue
        yield (
            f"{name} has the instance profile {given}, which up did not give it: Pods there have "
            "its role's rights; take it back with: aws ec2 disassociate-iam-instance-profile"
        )


def routes(client: Client, spec: ClusterSpec) -> Iterator[str]:
    """Routes into the cluster's ranges that are not ours: a narrower one goes before ours."""
    ids = network.find(client, spec.id)
    if ids is None:
        return
    with asking("routes of", ids.route_table):
        shown = client.describe_route_tables(RouteTableIds=[ids.route_table])["RouteTables"][0]
    ours = {network.ANYWHERE, str(spec.network.vpc), *(str(w.pod_cidr) for w in spec.workers)}
    for cidr in [r.get("DestinationCidrBlock", "") for r in shown["Routes"]]:
        if cidr and cidr not in ours and inside(spec, cidr):
            yield (
                f"the route table {ids.route_table} has a route to {cidr} that up did not make: "
                "Pods there are not reached; take it away with: aws ec2 delete-route"
            )


def inside(spec: ClusterSpec, cidr: str) -> bool:
    return any(IPv4Network(cidr).overlaps(one) for one in (spec.network.vpc, spec.network.pods))
