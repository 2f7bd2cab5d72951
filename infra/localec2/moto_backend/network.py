"""Interfaces, addresses and routes as AWS has them."""

import zlib
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import elastic_network_interfaces, route_tables
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.route_tables import Route

PUBLIC_POOL = IPv4Network("203.0.113.0/24")
"""TEST-NET-3 (RFC 5737): never a real machine's address; moto's own pool is Amazon's."""


class LocalInterface(NetworkInterface):  # type: ignore[misc]  # moto is untyped
    """An interface whose automatic public address yields to an elastic one.

    Of the automatic ones ``had`` is the latest, ``starts`` how many there were.
    """

    starts = 0
    had: str | None = None

    @property
    def network_interface_id(self) -> str:
        """Moto puts an id into an answer by the name of the class, which is another one here."""
        return str(self.id)

    def check_auto_public_ip(self) -> None:
        if str(self.public_ip_auto_assign).lower() == "true":
            self.starts += 1
            self.public_ip = self.had = (
                free_public_ip(
                    self.ec2_backend, zlib.crc32(f"{self.id}/{self.starts}".encode()), self.had
                )
                if self.ec2_backend.moves_addresses
                else free_public_ip(self.ec2_backend)
            )

    def start(self) -> None:
        if not self._elastic:
            super().start()

    def stop(self) -> None:
        if not self._elastic:
            super().stop()

    @property
    def _elastic(self) -> bool:
        return any(address.eni is self for address in self.ec2_backend.addresses)


class LocalRoute(Route):  # type: ignore[misc]  # moto is untyped
    """A route that says ``blackhole`` when its target is gone or was observed unreachable."""

    @property
    def target(self) -> Any:
        """The instance behind ``instance`` or ``interface``, dead or alive; None: a gateway."""
        return self.instance or (self.interface.instance if self.interface else None)

    @property
    def state(self) -> str:
        return "active" if self.local or self._alive else "blackhole"

    @property
    def _alive(self) -> bool:
        backend = self.route_table.ec2_backend
        if self.target is not None and self.target.state == "terminated":
            return False
        if self.gateway is not None and (
            self.gateway.id not in backend.internet_gateways or self.gateway.vpc is None
        ):
            return False
        return bool(backend.route_facts.get(self.destination_cidr_block, True))


def free_public_ip(backend: Any, begin: int = 0, besides: str | None = None) -> str:
    """The first free one of the pool, from a place on: the same when a journal is replayed."""
    taken = {besides, *(address.public_ip for address in backend.addresses)}
    taken |= {nic.public_ip for nic in backend.enis.values()}
    pool = [str(address) for address in PUBLIC_POOL.hosts()]
    begin %= len(pool)
    for address in (*pool[begin:], *pool[:begin]):
        if address not in taken:
            return address
    raise EC2ClientError(
        "InsufficientAddressCapacity", f"{PUBLIC_POOL} has no free address: release one."
    )


def private_ip(backend: Any, subnet: Any, asked: str | None) -> str:
    """The asked address when it is free, else the subnet's lowest free one.

    Errors: InvalidIPAddress.InUse, InvalidParameterValue, InsufficientFreeAddressesInSubnet.
    """
    network = IPv4Network(subnet.cidr_block)
    taken = {
        IPv4Address(nic.private_ip_address)
        for nic in backend.enis.values()
        if nic.subnet.id == subnet.id
    }
    if asked is None:
        for address in usable(network):
            if address not in taken:
                return str(address)
        raise EC2ClientError(
            "InsufficientFreeAddressesInSubnet", f"Subnet {subnet.id} has no free address."
        )
    if asked not in map(str, usable(network)):
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Address {asked} does not fall within the usable addresses of {network}.",
        )
    if IPv4Address(asked) in taken:
        raise EC2ClientError("InvalidIPAddress.InUse", f"Address {asked} is in use.")
    return asked


def usable(network: IPv4Network) -> list[IPv4Address]:
    """Without the first four and the last address; source: VPC user guide, subnet sizing."""
    return list(network)[4:-1]


elastic_network_interfaces.NetworkInterface = LocalInterface
route_tables.Route = LocalRoute
