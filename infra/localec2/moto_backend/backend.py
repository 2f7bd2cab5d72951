"""moto's EC2 with AWS's refusals: what is in use cannot be deleted, one fact is one fact."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.exceptions import (
    DependencyViolationError,
    EC2ClientError,
    InvalidAMIIdError,
    InvalidAssociationIDIamProfileAssociationError,
)
from moto.ec2.models.amis import Ami
from moto.ec2.models.instances import InstanceState

from infra.localec2.moto_backend import filters as moto_filters
from infra.localec2.moto_backend import machines, network
from infra.localec2.moto_backend.storage import StorageBackend

IMAGES = Path(__file__).with_name("amis.json")

CHANGEABLE = {"source_dest_check", "disable_api_termination", "iam_instance_profile"}
"""Attributes of an instance; the last by moto itself, when a profile is associated."""

Started = list[tuple[machines.LocalInstance, InstanceState]]


class LocalBackend(StorageBackend):
    """One account in one region, without a default VPC.

    ``tokens`` and ``table_tokens`` remember launches and route tables by client token,
    ``route_facts`` whether a route's target answers; ``hides`` says what no list shows yet.
    ``moves_addresses``: a machine that is started again has another public address.
    """

    def __init__(self, region: str, *, moves_addresses: bool = False) -> None:
        self.moves_addresses = moves_addresses
        self.hides: Callable[[str], bool] = lambda _: False
        self.tokens: dict[str, tuple[str, Any]] = {}
        self.table_tokens: dict[str, tuple[str, Any]] = {}
        self.route_facts: dict[str, bool] = {}
        self.console: Callable[[str], str] = lambda _: ""
        self.capacity: Callable[[str, int], None] = lambda _type, _running: None
        moto_filters.install()
        super().__init__(region, DEFAULT_ACCOUNT_ID)

    def create_default_vpc(self) -> None:
        """There is none: what no call made must not be there, or empty is never empty."""

    def _load_amis(self) -> None:
        for image in json.loads(IMAGES.read_text(encoding="utf-8")):
            made = datetime.fromisoformat(image["creation_date"]).astimezone(UTC)
            self.amis[image["ami_id"]] = Ami(self, **image | {"creation_date": made})

    def describe_images(
        self,
        ami_ids: list[str] | None = None,
        filters: dict[str, Any] | None = None,
        exec_users: list[str] | None = None,
        owners: list[str] | None = None,
    ) -> list[Ami]:
        """Of the named ones those of the owners that pass the filters; moto drops both for ids."""
        missing = [ident for ident in ami_ids or () if ident not in self.amis]
        if missing:
            raise InvalidAMIIdError(missing)
        found = super().describe_images(None, filters, exec_users, owners)
        return [image for image in found if not ami_ids or image.id in ami_ids]

    def describe_iam_instance_profile_associations(
        self, association_ids: list[str], *args: Any, **kwargs: Any
    ) -> Any:
        known = {a.association_id for a in self.iam_instance_profile_associations.values()}
        for ident in association_ids or ():
            if ident not in known:
                raise InvalidAssociationIDIamProfileAssociationError(ident)
        return super().describe_iam_instance_profile_associations(association_ids, *args, **kwargs)

    def start_instances(self, instance_ids: list[str]) -> Started:
        self._require(instance_ids, "started")
        return super().start_instances(instance_ids)  # type: ignore[no-any-return]

    def stop_instances(self, instance_ids: list[str]) -> Started:
        self._require(instance_ids, "stopped")
        return super().stop_instances(instance_ids)  # type: ignore[no-any-return]

    def reboot_instances(self, instance_ids: list[str]) -> Any:
        self._require(instance_ids, "rebooted")
        return super().reboot_instances(instance_ids)

    def terminate_instances(self, instance_ids: list[str]) -> Started:
        """All or none; moto ends those before the first protected one."""
        for instance in self.get_multi_instances_by_id(instance_ids):
            if instance.disable_api_termination:
                raise EC2ClientError(
                    "OperationNotPermitted",
                    f"The instance '{instance.id}' may not be terminated. Modify its "
                    "'disableApiTermination' instance attribute and try again.",
                )
        return super().terminate_instances(instance_ids)  # type: ignore[no-any-return]

    def _require(self, instance_ids: list[str], verb: str) -> None:
        for instance in self.get_multi_instances_by_id(instance_ids):
            instance.require(verb)

    def modify_instance_attribute(self, instance_id: str, key: str, value: Any) -> Any:
        if key not in CHANGEABLE:
            raise EC2ClientError("UnsupportedOperation", f"The local EC2 cannot change {key}.")
        return super().modify_instance_attribute(instance_id, key, value)

    def modify_instance_security_groups(self, instance_id: str, new_group_id_list: Any) -> Any:
        groups = self._known_groups(new_group_id_list)
        instance = self.get_instance(instance_id)
        instance.security_groups = groups
        for nic in instance.nics.values():
            nic._group_set = list(groups)  # noqa: SLF001 - moto has no other way in
        return instance

    def modify_network_interface_attribute(
        self, eni_id: str, group_ids: list[str], source_dest_check: Any, description: Any
    ) -> None:
        groups = self._known_groups(group_ids)
        super().modify_network_interface_attribute(
            eni_id, group_ids, source_dest_check, description
        )
        instance = self.get_network_interface(eni_id).instance
        if instance is not None and groups:
            instance.security_groups = groups
        if instance is not None and source_dest_check is not None:
            instance.source_dest_check = source_dest_check

    def _known_groups(self, group_ids: list[str]) -> list[Any]:
        groups = [self.get_security_group_from_id(group_id) for group_id in group_ids]
        if None in groups:
            missing = group_ids[groups.index(None)]
            raise EC2ClientError(
                "InvalidGroup.NotFound", f"The security group '{missing}' does not exist."
            )
        return groups

    def create_subnet(self, *args: Any, **kwargs: Any) -> Any:
        if any(self.subnets.values()):
            raise EC2ClientError("UnsupportedOperation", "The local EC2 has one subnet.")
        subnet = super().create_subnet(*args, **kwargs)
        subnet.default_for_az = subnet.map_public_ip_on_launch = False
        return subnet

    def delete_subnet(self, subnet_id: str) -> Any:
        if any(nic.subnet.id == subnet_id for nic in self.enis.values()):
            raise _in_use("subnet", subnet_id)
        subnet = super().delete_subnet(subnet_id)
        for table in self.route_tables.values():
            kept = {a: t for a, t in table._associations.items() if t != subnet_id}  # noqa: SLF001
            table._associations = kept  # noqa: SLF001 - AWS removes associations with the subnet
        return subnet

    def delete_security_group(self, name: str | None = None, group_id: str | None = None) -> None:
        group = self.get_security_group_by_name_or_id(group_id or name)
        if group is not None and self._group_in_use(group):
            raise DependencyViolationError(f"resource {group.id} has a dependent object")
        super().delete_security_group(name, group_id)

    def _group_in_use(self, group: Any) -> bool:
        others = [g for groups in self.groups.values() for g in groups.values() if g is not group]
        rules = [rule for g in others for rule in (*g.ingress_rules, *g.egress_rules)]
        return any(group in nic.group_set for nic in self.enis.values()) or any(
            rule.source_group.get("GroupId") == group.id for rule in rules
        )

    def delete_vpc(self, vpc_id: str) -> Any:
        groups = self.groups.get(vpc_id, {}).values()
        gateways = [g for g in self.internet_gateways.values() if g.vpc and g.vpc.id == vpc_id]
        if gateways or any(group.name != "default" for group in groups):
            raise _in_use("vpc", vpc_id)
        return super().delete_vpc(vpc_id)

    def detach_internet_gateway(self, internet_gateway_id: str, vpc_id: str) -> None:
        if any(nic.public_ip for nic in self.enis.values() if nic.vpc_id == vpc_id):
            raise DependencyViolationError(f"Network {vpc_id} has some mapped public address(es).")
        super().detach_internet_gateway(internet_gateway_id, vpc_id)

    def allocate_address(self, domain: str, address: None = None, tags: Any = None) -> Any:
        return super().allocate_address(
            domain, address=address or network.free_public_ip(self), tags=tags
        )

    def associate_address(self, instance: Any = None, eni: Any = None, **kwargs: Any) -> Any:
        target = instance or (eni.instance if eni else None)
        if target is not None and target.state not in {"running", "stopping", "stopped"}:
            raise EC2ClientError(
                "IncorrectInstanceState",
                f"The {target.state} instance '{target.id}' cannot take an address.",
            )
        return super().associate_address(instance=instance, eni=eni, **kwargs)

    def release_address(self, address: str | None = None, allocation_id: str | None = None) -> None:
        for held in self.addresses:
            if held.association_id and address == held.public_ip:
                raise _associated(held)
            if held.association_id and allocation_id == held.allocation_id:
                raise _associated(held)
        super().release_address(address=address, allocation_id=allocation_id)

    def replace_route(self, *args: Any, **kwargs: Any) -> Any:
        route = super().replace_route(*args, **kwargs)
        self.route_facts.pop(route.destination_cidr_block, None)
        return route

    def delete_route(self, *args: Any, **kwargs: Any) -> Any:
        route = super().delete_route(*args, **kwargs)
        self.route_facts.pop(route.destination_cidr_block, None)
        return route


def _in_use(kind: str, ident: str) -> DependencyViolationError:
    return DependencyViolationError(f"The {kind} '{ident}' has dependencies and cannot be deleted.")


def _associated(address: Any) -> EC2ClientError:
    return EC2ClientError("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
