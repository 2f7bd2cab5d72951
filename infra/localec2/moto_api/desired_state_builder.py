"""The desired state, read from moto's objects and frozen."""

from ipaddress import IPv4Network
from typing import Any

from infra.localec2.desired_state import Disk, Group, Instance, Route, Rule, Wanted
from infra.localec2.moto_backend.backend import LocalBackend

PLUGGED = {"attaching", "attached"}


def wanted(backend: LocalBackend) -> Wanted | None:
    """The one subnet with everything in it; None before it exists."""
    subnets = [subnet for zone in backend.subnets.values() for subnet in zone.values()]
    if not subnets:
        return None
    subnet = subnets[0]
    alive = [i for i in backend.all_instances() if i.state != "terminated"]
    return Wanted(
        subnet=subnet.cidr_block,
        gateway=str(IPv4Network(subnet.cidr_block)[1]),
        instances=tuple(_instance(i) for i in sorted(alive, key=lambda i: str(i.id))),
        groups=tuple(_group(group) for _, group in sorted(backend.groups[subnet.vpc_id].items())),
        routes=_routes(backend, subnet),
        volumes=tuple(
            Disk(v.id, v.size, v.source, v.made)
            for v in backend.volumes.values()
            if v.attachment is None or not _is_root(v)
        ),
        snapshots=tuple(
            Disk(s.id, s.volume_size, s.volume.id, s.made)
            for s in backend.snapshots.values()
            if s.from_ami is None
        ),
        attached=tuple(
            (v.id, v.attachment.instance.id)
            for v in backend.volumes.values()
            if v.attachment is not None and not _is_root(v)
        ),
    )


def _is_root(volume: Any) -> bool:
    attachment = volume.attachment
    return bool(attachment.device == attachment.instance.root_device_name)


def _instance(instance: Any) -> Instance:
    nic = instance.nics[0]
    root = instance.block_device_mapping[instance.root_device_name]
    return Instance(
        id=instance.id,
        wanted=instance.wanted,
        private_ip=nic.private_ip_address,
        mac=nic.mac_address,
        instance_type=instance.instance_type,
        source_dest_check=instance.source_dest_check,
        group_ids=tuple(sorted({group.id for group in nic.group_set})),
        hostname=instance.private_dns_name.partition(".")[0],
        user_data=instance.user_data.decode() if instance.user_data else "",
        public_key=instance.public_key,
        key_name=instance.key_name,
        root_gib=instance.ec2_backend.volumes[root.volume_id].size,
        public_ip=nic.public_ip,
        reboots=instance.reboots,
        image_id=instance.image_id,
        zone=instance.availability_zone,
        http_tokens=instance.metadata_options.http_tokens,
        hop_limit=instance.metadata_options.http_put_response_hop_limit,
        role=_role(instance),
        volumes=tuple(
            block.volume_id
            for device, block in sorted(instance.block_device_mapping.items())
            if device != instance.root_device_name
            and instance.ec2_backend.volumes[block.volume_id].attachment.status in PLUGGED
        ),
    )


def _role(instance: Any) -> str | None:
    given = instance.ec2_backend.iam_instance_profile_associations.get(instance.id)
    roles = given.iam_instance_profile.roles if given else []
    return str(roles[0].name) if roles else None


def _group(group: Any) -> Group:
    return Group(
        id=group.id,
        ingress=tuple(_rule(rule) for rule in group.ingress_rules),
        egress=tuple(_rule(rule) for rule in group.egress_rules),
    )


def _rule(rule: Any) -> Rule:
    return Rule(
        protocol=rule.ip_protocol,
        from_port=rule.from_port,
        to_port=rule.to_port,
        cidr=rule.cidr_ipv4,
        group_id=rule.source_group.get("GroupId"),
    )


def _routes(backend: LocalBackend, subnet: Any) -> tuple[Route, ...]:
    """Of the table associated with the subnet, else of the network's main table."""
    tables = [t for t in backend.route_tables.values() if t.vpc_id == subnet.vpc_id]
    own = [t for t in tables if any(a.get("SubnetId") == subnet.id for a in t.associations)]
    table = (own or [t for t in tables if t.main_association_id])[0]
    return tuple(
        Route(route.destination_cidr_block, route.target.id if route.target else None)
        for route in table.routes
        if not route.local
    )
