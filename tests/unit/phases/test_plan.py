"""The plan is the difference between things and facts, and nothing when there is none."""

import hashlib
from pathlib import Path

import pytest

from infra.desired import things as t
from infra.desired.facts import Facts, PathFact, UnitFact
from infra.desired.plan import (
    AddPackage,
    Enable,
    Import,
    Install,
    Restart,
    SetSysctl,
    Start,
    Write,
    plan,
)
from infra.inventory import series
from infra.phases import load_balancer
from infra.pki.material import Material

DIGESTS = {"etcd": "e" * 64}
CONTENT = "a: 1\n"
SHA = hashlib.sha256(CONTENT.encode()).hexdigest()
THINGS = (
    t.Directory("/etc/etcd", mode=0o700),
    t.File("/etc/x", CONTENT),
    t.Secret("/etc/key", CONTENT.encode()),
    t.Binary("etcd", "/usr/local/bin/etcd"),
    t.Image("pause:3"),
    t.Sysctl("net.ipv4.ip_forward", "1"),
    t.Unit("etcd", CONTENT),
    t.Running("etcd", restarts_on=("/etc/x",)),
)
THERE = Facts(
    paths={
        "/etc/etcd": PathFact(0o700, "root", 10),
        "/etc/x": PathFact(0o644, "root", 10, SHA),
        "/etc/key": PathFact(0o600, "root", 10, SHA),
        "/usr/local/bin/etcd": PathFact(0o755, "root", 10, "e" * 64),
        "/etc/systemd/system/etcd.service": PathFact(0o644, "root", 10, SHA),
    },
    units={"etcd": UnitFact(active=True, enabled=True, since=20)},
    images=frozenset({"pause:3"}),
    sysctls={"net.ipv4.ip_forward": "1"},
)


def test_nothing_there_plans_everything_in_order() -> None:
    result = plan(THINGS, Facts(), DIGESTS)
    kinds = [type(action) for action in result.actions]
    assert kinds == [Write, Write, Write, Install, Import, SetSysctl, Write, Enable, Start]
    assert result.kept == 0


def test_everything_there_plans_nothing() -> None:
    result = plan(THINGS, THERE, DIGESTS)
    assert result.actions == ()
    assert result.kept == len(THINGS)


def test_a_changed_file_restarts_the_unit_that_reads_it() -> None:
    changed = (t.File("/etc/x", "a: 2\n"), *THINGS[6:])
    actions = plan(changed, THERE, DIGESTS).actions
    assert [type(a) for a in actions] == [Write, Restart]


def test_a_file_written_by_a_killed_build_restarts_the_unit() -> None:
    late = {**THERE.paths, "/etc/x": PathFact(0o644, "root", 30, SHA)}
    actions = plan(THINGS, Facts(late, THERE.units, THERE.images, sysctls=THERE.sysctls), DIGESTS)
    assert actions.actions == (Restart("etcd"),)


def test_a_unit_that_its_package_has_started_is_restarted_with_our_file() -> None:
    """Debian starts HAProxy when it is installed: our configuration comes after that."""
    spec = series("test", kubernetes="v1.36.1", platform="aws")
    things = [*load_balancer.desired(spec, Material(Path("/none")), spec.load_balancer)]
    actions = plan(things, Facts(), {}).actions
    assert [type(a) for a in actions] == [AddPackage, Write, Write, Enable, Restart]
    baked = plan(things, Facts(packages=frozenset({"haproxy"})), {}).actions
    assert [type(a) for a in baked] == [Write, Write, Enable, Start]


def test_a_wrong_mode_is_a_difference() -> None:
    loose = {**THERE.paths, "/etc/key": PathFact(0o644, "root", 10, SHA)}
    actions = plan(THINGS[2:3], Facts(loose), DIGESTS).actions
    assert [(a.path, a.mode) for a in actions if isinstance(a, Write)] == [("/etc/key", 0o600)]


def test_another_binary_is_replaced_and_its_unit_restarted() -> None:
    running = t.Running("etcd", restarts_on=("/usr/local/bin/etcd",))
    actions = plan((THINGS[3], running), THERE, {"etcd": "f" * 64}).actions
    assert [type(a) for a in actions] == [Install, Restart]


MASQUERADE = t.NftTable("ip pod_masquerade", ("masquerade",))
KERNEL = t.Running("kernel", makes=(t.Sysctl("net.ipv4.ip_forward", "1"), MASQUERADE))


@pytest.mark.parametrize(
    ("sysctls", "lines", "restarts"),
    [
        ({"net.ipv4.ip_forward": "1"}, {"chain x {", "masquerade"}, False),
        ({"net.ipv4.ip_forward": "0"}, {"masquerade"}, True),  # set by somebody at run time
        ({}, {"masquerade"}, True),  # its module is gone
        ({"net.ipv4.ip_forward": "1"}, {"chain x {"}, True),
    ],
)
def test_a_unit_restarts_when_the_kernel_has_not_what_it_made(
    sysctls: dict[str, str], lines: set[str], *, restarts: bool
) -> None:
    units = {"kernel": UnitFact(active=True, enabled=True, since=20)}
    tables = {MASQUERADE.name: frozenset(lines)}
    actions = plan((KERNEL,), Facts(units=units, sysctls=sysctls, tables=tables), {}).actions
    assert actions == ((Restart("kernel"),) if restarts else ())


def test_secrets_do_not_show_in_a_plan() -> None:
    secret = t.Secret("/etc/key", b"PRIVATE KEY")
    assert "PRIVATE" not in repr(plan((secret,), Facts(), {}))
    assert "PRIVATE" not in repr(secret)
