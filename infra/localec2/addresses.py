"""Addresses and interface names inside the namespace that are not the machines' own."""

from ipaddress import IPv4Network

OPERATOR = "10.255.255.1"
"""Where the test run comes from: outside the subnet, so that a rule for the caller's /32 counts."""
METADATA = "169.254.169.254"
"""Instance metadata; source: EC2 user guide."""
PUBLIC = IPv4Network("203.0.113.0/24")
"""Public addresses come from TEST-NET-3 (RFC 5737), nobody's on the Internet."""


def port(instance_id: str) -> str:
    """The namespace's end of an instance's cable. Interface names hold 15 bytes."""
    return "p" + instance_id[-12:]


def plug(instance_id: str) -> str:
    """The machine's end of the cable."""
    return "g" + instance_id[-12:]
