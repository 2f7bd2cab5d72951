"""What the phases make in the kernel of a worker is looked at there: no file shows a change."""

from pathlib import Path

from infra.desired.things import NftTable, Running, Sysctl
from infra.inventory import series
from infra.phases import pod_network, runtime
from infra.pki.material import Material

SPEC = series("unit", kubernetes="v1.36.1", platform="local")


def test_a_worker_s_kernel_settings_and_rules_are_known(tmp_path: Path) -> None:
    things = [
        thing
        for phase in (runtime.PHASE, pod_network.PHASE)
        for thing in phase.desired(SPEC, Material(tmp_path), SPEC.machine("worker-0"))
    ]
    made = [one for thing in things if isinstance(thing, Running) for one in thing.makes]
    settings = {one.key: one.value for one in made if isinstance(one, Sysctl)}
    assert settings == {"net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1"}
    (table,) = [one for one in made if isinstance(one, NftTable)]
    assert table.name == "ip pod_masquerade"
    assert table.lines == (
        "chain postrouting {",
        "type nat hook postrouting priority srcnat; policy accept;",
        "ip saddr 10.200.0.0/24 ip daddr != { 10.0.0.0/16, 10.200.0.0/16 } masquerade",
        "}",
    )
