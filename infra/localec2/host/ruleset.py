"""What a VPC lets through, as nftables text: anti-spoofing, security groups, public addresses.

Machines hang on routed ports, so what one sends to another passes the forward hook; what the test
run sends passes only the last one; both are judged by the same chains, one per receiving port.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from infra.localec2.addresses import METADATA, PUBLIC, port
from infra.localec2.desired_state import Group, Instance, Rule, Wanted
from infra.localec2.paths import API_PORT

TABLE = "local_ec2"
ANY = ("-1", "all")


def ruleset(wanted: Wanted) -> str:
    """The whole table; given to ``nft -f`` it replaces the one before at once."""
    blocks = [
        *_members(wanted),
        _spoofed(wanted.instances),
        *(_group(group, wanted) for group in wanted.groups),
        *(_receiving(instance, wanted) for instance in wanted.instances),
        *(_sending(instance, wanted) for instance in wanted.instances),
        _misrouted(wanted.instances),
        *_hooks(wanted),
        *_public(wanted.instances),
    ]
    body = "\n".join(blocks)
    return f"table ip {TABLE} {{}}\ndelete table ip {TABLE}\ntable ip {TABLE} {{\n{body}\n}}\n"


def _members(wanted: Wanted) -> Iterator[str]:
    rules = [rule for g in wanted.groups for rule in (*g.ingress, *g.egress)]
    ids = {group.id for group in wanted.groups} | {r.group_id for r in rules if r.group_id}
    for group_id in sorted(ids):
        addresses = [i.private_ip for i in wanted.instances if group_id in i.group_ids]
        yield _block(f"set {_set(group_id)}", ["type ipv4_addr", *_elements(addresses)])


def _spoofed(instances: Iterable[Instance]) -> str:
    # A machine's own end is in this namespace too; our stack must not take its packets for ours.
    lines = ["type filter hook prerouting priority raw; policy accept;", 'iifname "g*" drop']
    lines += [
        f'iifname "{port(i.id)}" ip saddr != {i.private_ip} drop'
        for i in instances
        if i.source_dest_check
    ]
    return _block("chain spoofed", lines)


def _misrouted(instances: Iterable[Instance]) -> str:
    return _block(
        "chain misrouted",
        [
            f'oifname "{port(i.id)}" ip daddr != {i.private_ip} drop'
            for i in instances
            if i.source_dest_check
        ],
    )


def _group(group: Group, wanted: Wanted) -> str:
    lines = [line for rule in group.ingress for line in _allowed(rule, wanted)]
    return _block(f"chain {_chain(group.id)}", lines)


def _allowed(rule: Rule, wanted: Wanted) -> Iterator[str]:
    what = _what(rule)
    if rule.group_id:
        # A group stands for its members' private addresses: not for them coming by a public one.
        yield f"ct status & dnat == 0 ip saddr @{_set(rule.group_id)} {what} accept"
        return
    public = [
        i.private_ip
        for i in wanted.instances
        if i.public_ip and rule.cidr and IPv4Address(i.public_ip) in IPv4Network(rule.cidr)
    ]
    yield f'iifname "p*" ct status & dnat == 0 ip saddr {rule.cidr} {what} accept'
    yield f'iifname != "p*" ip saddr {rule.cidr} {what} accept'
    if public:
        inside = ", ".join(public)
        yield f'iifname "p*" ct status & dnat != 0 ip saddr {{ {inside} }} {what} accept'


def _receiving(instance: Instance, wanted: Wanted) -> str:
    lines = [f"jump {_chain(g.id)}" for g in wanted.groups if g.id in instance.group_ids]
    return _block(f"chain to_{port(instance.id)}", [*lines, "drop"])


def _sending(instance: Instance, wanted: Wanted) -> str:
    rules = [r for g in wanted.groups if g.id in instance.group_ids for r in g.egress]
    lines = [f"{_destination(rule)} {_what(rule)} return" for rule in rules]
    return _block(f"chain from_{port(instance.id)}", [*lines, "drop"])


def _destination(rule: Rule) -> str:
    return f"ip daddr @{_set(rule.group_id)}" if rule.group_id else f"ip daddr {rule.cidr}"


def _what(rule: Rule) -> str:
    """Protocol and ports as a match; -1 as port, ICMP type or code means any."""
    if rule.protocol in ANY:
        return "meta l4proto != 255"  # nft wants a match; 255 is reserved (IANA protocol numbers)
    if rule.protocol == "icmp":
        kind = rule.from_port
        return "meta l4proto icmp" if kind in (None, -1) else f"icmp type {kind}"
    if rule.from_port in (None, -1):
        return f"meta l4proto {rule.protocol}"
    return f"{rule.protocol} dport {rule.from_port}-{rule.to_port}"


def _hooks(wanted: Wanted) -> Iterator[str]:
    known = "ct state established,related accept"
    senders = [f'iifname "{port(i.id)}" jump from_{port(i.id)}' for i in wanted.instances]
    receivers = [f'oifname "{port(i.id)}" jump to_{port(i.id)}' for i in wanted.instances]
    yield _block(
        "chain forward",
        ["type filter hook forward priority filter; policy drop;",
         "jump misrouted", known, *senders, *receivers],
    )  # fmt: skip
    # Not in the output hook: that still sees the route of before the public address was rewritten.
    yield _block(
        "chain sent_from_here",
        ["type filter hook postrouting priority filter; policy accept;",
         'iifname "p*" accept',
         f"ip daddr {PUBLIC} drop",  # a public address that nobody has
         "jump misrouted", known,
         f"ip saddr {wanted.gateway} accept",  # status checks, as AWS's own: no group sees them
         *receivers, 'oifname "p*" drop'],
    )  # fmt: skip
    yield _block(
        "chain input",
        ["type filter hook input priority filter; policy accept;",
         'iifname != "p*" accept', known,
         f"ip daddr {METADATA} tcp dport {{ 80, {API_PORT} }} accept",
         f"ip daddr {wanted.gateway} icmp type echo-request accept", "drop"],
    )  # fmt: skip


def _public(instances: Iterable[Instance]) -> Iterator[str]:
    """Public addresses: in by DNAT; out by SNAT, so that a machine seen from outside has one."""
    pairs = [(i.public_ip, i.private_ip) for i in instances if i.public_ip]
    if not pairs:
        return
    inwards = "dnat to ip daddr map { " + ", ".join(f"{a} : {b}" for a, b in pairs) + " }"
    outwards = "snat to ip saddr map { " + ", ".join(f"{b} : {a}" for a, b in pairs) + " }"
    reaching = "ip saddr { " + ", ".join(b for _, b in pairs) + " }"
    known = "ip daddr { " + ", ".join(str(a) for a, _ in pairs) + " }"
    # Without a public address of its own a machine has no way to the Internet gateway.
    yield _block(
        "chain public_in",
        ["type nat hook prerouting priority dstnat; policy accept;",
         f'iifname "p*" {reaching} {known} {inwards}'],
    )  # fmt: skip
    yield _block(
        "chain public_from_here",
        ["type nat hook output priority -100; policy accept;", f"{known} {inwards}"],
    )
    yield _block(
        "chain public_out",
        ["type nat hook postrouting priority srcnat; policy accept;",
         f"ct status & dnat != 0 {reaching} {outwards}"],
    )  # fmt: skip


def _block(head: str, lines: list[str]) -> str:
    return "\n".join([f"  {head} {{", *(f"    {line}" for line in lines), "  }"])


def _elements(values: list[str]) -> list[str]:
    return ["elements = { " + ", ".join(values) + " }"] if values else []


def _chain(group_id: str) -> str:
    return "group_" + group_id.replace("-", "_")


def _set(group_id: str) -> str:
    return "members_" + group_id.replace("-", "_")
