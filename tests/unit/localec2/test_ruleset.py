"""The rules as text. That packets obey them is tests/localec2/test_network.py's to show."""

import subprocess
from dataclasses import replace
from typing import Any

from infra.localec2.desired_state import Group, Instance, Route, Rule, Wanted
from infra.localec2.host.ruleset import ruleset

ALL = Rule("-1", None, None, cidr="0.0.0.0/0")


def instance(number: int, **changes: Any) -> Instance:
    made = Instance(
        id=f"i-000000000000000{number:02}",
        wanted="running",
        private_ip=f"10.0.1.{number}",
        mac=f"02:00:00:00:00:{number:02x}",
        instance_type="t3.small",
        source_dest_check=True,
        group_ids=("sg-1",),
        hostname=f"ip-10-0-1-{number}",
        user_data="",
        public_key=None,
        key_name=None,
        root_gib=8,
    )
    return replace(made, **changes)


def wanted(
    *instances: Instance, ingress: tuple[Rule, ...] = (), egress: tuple[Rule, ...] = (ALL,)
) -> Wanted:
    return Wanted(
        "10.0.1.0/24",
        "10.0.1.1",
        instances=instances,
        groups=(Group("sg-1", ingress, egress),),
        routes=(Route("0.0.0.0/0", None),),
    )


def chain(text: str, name: str) -> list[str]:
    body = text.split(f"chain {name} {{")[1].split("}\n", maxsplit=1)[0]
    return [line.strip() for line in body.strip().splitlines()]


def test_the_table_is_replaced_at_once() -> None:
    assert ruleset(wanted()).startswith(
        "table ip local_ec2 {}\ndelete table ip local_ec2\ntable ip local_ec2 {\n"
    )


def test_a_checked_machine_neither_sends_nor_gets_for_others() -> None:
    text = ruleset(wanted(instance(11), instance(21, source_dest_check=False)))
    port, unchecked = "p000000000011", "p000000000021"
    assert f'iifname "{port}" ip saddr != 10.0.1.11 drop' in chain(text, "spoofed")
    assert chain(text, "misrouted") == [f'oifname "{port}" ip daddr != 10.0.1.11 drop']
    assert not any(unchecked in line for line in chain(text, "spoofed"))


def test_a_group_without_rules_lets_nothing_in() -> None:
    text = ruleset(wanted(instance(11)))
    assert chain(text, "group_sg_1") == []
    assert chain(text, "to_p000000000011") == ["jump group_sg_1", "drop"]


def test_a_rule_for_a_range_names_ports_and_source() -> None:
    text = ruleset(wanted(ingress=(Rule("tcp", 22, 23, cidr="10.255.255.1/32"),)))
    assert 'iifname != "p*" ip saddr 10.255.255.1/32 tcp dport 22-23 accept' in text


def test_a_rule_for_a_group_means_its_members_private_addresses() -> None:
    rule = Rule("tcp", 2379, 2380, group_id="sg-1")
    text = ruleset(wanted(instance(11), instance(12), ingress=(rule,)))
    assert "elements = { 10.0.1.11, 10.0.1.12 }" in text
    assert chain(text, "group_sg_1") == [
        "ct status & dnat == 0 ip saddr @members_sg_1 tcp dport 2379-2380 accept"
    ]


def test_a_group_that_was_never_described_has_no_members() -> None:
    text = ruleset(wanted(instance(11), ingress=(Rule("tcp", 1, 1, group_id="sg-gone"),)))
    assert "set members_sg_gone {\n    type ipv4_addr\n  }" in text


def test_any_port_and_icmp() -> None:
    rules = (Rule("icmp", -1, -1, cidr="10.0.0.0/8"), Rule("icmp", 8, 0, cidr="10.0.0.0/8"))
    text = ruleset(wanted(ingress=(*rules, Rule("udp", None, None, cidr="10.0.0.0/8"))))
    assert "meta l4proto icmp accept" in text
    assert "icmp type 8 accept" in text
    assert "meta l4proto udp accept" in text


def test_sending_is_judged_by_the_groups_egress_rules() -> None:
    text = ruleset(wanted(instance(11), egress=(Rule("tcp", 443, 443, cidr="10.0.0.0/8"),)))
    assert chain(text, "from_p000000000011") == [
        "ip daddr 10.0.0.0/8 tcp dport 443-443 return",
        "drop",
    ]


def test_a_public_address_leads_to_its_machine_and_stands_for_it() -> None:
    text = ruleset(wanted(instance(11, public_ip="203.0.113.7")))
    assert "dnat to ip daddr map { 203.0.113.7 : 10.0.1.11 }" in text
    assert "snat to ip saddr map { 10.0.1.11 : 203.0.113.7 }" in text
    assert "public_in" not in ruleset(wanted(instance(11)))


def test_a_source_seen_by_its_public_address_is_judged_by_it() -> None:
    rule = Rule("tcp", 443, 443, cidr="203.0.113.7/32")
    text = ruleset(wanted(instance(11, public_ip="203.0.113.7"), ingress=(rule,)))
    assert (
        'iifname "p*" ct status & dnat != 0 ip saddr { 10.0.1.11 } tcp dport 443-443 accept' in text
    )


def test_nft_accepts_every_form() -> None:
    """``nft --check`` needs a namespace of its own, else it would look at this machine's rules."""
    rules = (
        Rule("tcp", 22, 22, cidr="10.255.255.1/32"),
        Rule("-1", None, None, group_id="sg-1"),
        Rule("icmp", -1, -1, cidr="0.0.0.0/0"),
        Rule("icmp", 8, 0, cidr="0.0.0.0/0"),
        Rule("udp", None, None, cidr="10.0.0.0/8"),
    )
    one = instance(11, public_ip="203.0.113.7")
    text = ruleset(wanted(one, instance(12, source_dest_check=False), ingress=rules))
    done = subprocess.run(
        ["unshare", "--net", "nft", "--check", "-f", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
