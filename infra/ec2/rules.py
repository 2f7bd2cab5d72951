"""Rules of the cluster's security group: whom it lets in, and that machines get out."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from infra.ec2.api import Client, Exists, asking
from infra.inventory import ClusterSpec

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import IpPermissionOutputTypeDef, IpPermissionTypeDef

Say = Callable[[str], None]
SSH = 22
OUT: "IpPermissionTypeDef" = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
"""What a new group has of itself (VPC user guide, security groups)."""
Key = tuple[str, int, int, str]


def wanted_rules(spec: ClusterSpec, allowed_cidr: str) -> "list[IpPermissionTypeDef]":
    """Machines and pods among themselves: everything; the caller: SSH and the API."""
    inside: list[IpPermissionTypeDef] = [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": str(cidr)}]}
        for cidr in (spec.network.vpc, spec.network.pods)
    ]
    outside: list[IpPermissionTypeDef] = [
        {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": allowed_cidr}],
        }
        for port in (SSH, spec.layout.ports.api_server)
    ]
    return inside + outside


def ensure(client: Client, group: str, wanted: "list[IpPermissionTypeDef]", say: Say) -> None:
    """Who is let in is as wanted: others, as of an earlier caller's address, are not any more. What
    machines send gets out.
    """
    with asking("rules of", group):
        shown = client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        have = {key for rule in shown["IpPermissions"] for key in keys(rule)}
        want = {key: rule for rule in wanted for key in keys(rule)}
        stale = [permission(key) for key in sorted(have - want.keys())]
        stale += [other for rule in shown["IpPermissions"] for other in others(rule)]
        if stale:
            say(f"the security group no longer lets in {told(stale)}")
            client.revoke_security_group_ingress(GroupId=group, IpPermissions=stale)
        missing = [rule for key, rule in want.items() if key not in have]
        if missing:
            say(f"the security group lets in {told(missing)}")
            with suppress(Exists), asking("rules of", group):
                client.authorize_security_group_ingress(GroupId=group, IpPermissions=missing)
        if not {key for rule in shown["IpPermissionsEgress"] for key in keys(rule)} >= {*keys(OUT)}:
            say("the security group lets out everything")
            with suppress(Exists), asking("rules of", group):
                client.authorize_security_group_egress(GroupId=group, IpPermissions=[OUT])


def keys(rule: "IpPermissionTypeDef | IpPermissionOutputTypeDef") -> list[Key]:
    """One key a range: EC2 groups ranges of equal ports into one permission."""
    ports = rule.get("FromPort", -1), rule.get("ToPort", -1)
    return [(rule["IpProtocol"], *ports, r["CidrIp"]) for r in rule.get("IpRanges", [])]


def permission(key: Key) -> "IpPermissionTypeDef":
    protocol, first, last, cidr = key
    return {**_ports(protocol, first, last), "IpRanges": [{"CidrIp": cidr}]}


def others(rule: "IpPermissionOutputTypeDef") -> "list[IpPermissionTypeDef]":
    """What a permission lets in beside ranges of IPv4: none of it is ours."""
    found: list[IpPermissionTypeDef] = []
    ports = _ports(rule["IpProtocol"], rule.get("FromPort", -1), rule.get("ToPort", -1))
    if ranges := rule.get("Ipv6Ranges"):
        found.append({**ports, "Ipv6Ranges": [{"CidrIpv6": r["CidrIpv6"]} for r in ranges]})
    if pairs := rule.get("UserIdGroupPairs"):
        found.append({**ports, "UserIdGroupPairs": [{"GroupId": p["GroupId"]} for p in pairs]})
    if lists := rule.get("PrefixListIds"):
        found.append(
            {**ports, "PrefixListIds": [{"PrefixListId": p["PrefixListId"]} for p in lists]}
        )
    return found


def told(rules: "list[IpPermissionTypeDef]") -> str:
    """Ports and sources, for people."""
    return ", ".join(
        f"{'everything' if rule['IpProtocol'] == '-1' else rule['IpProtocol']}"
        f"{' ' + str(rule['FromPort']) if 'FromPort' in rule else ''} from {source}"
        for rule in rules
        for source in _sources(rule)
    )


def _sources(rule: "IpPermissionTypeDef") -> list[str]:
    return [
        *(r["CidrIp"] for r in rule.get("IpRanges", [])),
        *(r["CidrIpv6"] for r in rule.get("Ipv6Ranges", [])),
        *(p["GroupId"] for p in rule.get("UserIdGroupPairs", [])),
        *(p["PrefixListId"] for p in rule.get("PrefixListIds", [])),
    ]


def _ports(protocol: str, first: int, last: int) -> "IpPermissionTypeDef":
    if protocol == "-1":
        return {"IpProtocol": protocol}
    return {"IpProtocol": protocol, "FromPort": first, "ToPort": last}
