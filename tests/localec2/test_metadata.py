"""A machine's metadata service, asked by the machine and from one hop behind it, as by a Pod."""

from pathlib import Path

import pytest

from infra.errors import CommandFailed
from infra.localec2.metadata.imds import TOKEN, TTL
from tests.localec2.bare import Boots
from tests.localec2.cloud import Cloud, launched

SERVICE = "http://169.254.169.254/latest"
IN_POD = ("ip", "netns", "exec", "pod")
TIMED_OUT = 28
"""curl's exit status."""
POD = (
    "ip netns add pod",
    "ip link add eth0 netns pod type veth peer name pod0",
    "ip address add 10.200.9.1/24 dev pod0",
    "ip link set pod0 up",
    "ip -n pod address add 10.200.9.2/24 dev eth0",
    "ip -n pod link set eth0 up",
    "ip -n pod route add default via 10.200.9.1",
    "sysctl -w net.ipv4.ip_forward=1",
    "iptables -t nat -A POSTROUTING -s 10.200.9.0/24 -j MASQUERADE",
)


def token(cloud: Cloud, *where: str) -> str:
    ask = ("curl", "-sS", "--max-time", "3", "-X", "PUT", "-H", f"{TTL}: 60")
    return cloud.run(*where, *ask, f"{SERVICE}/api/token")


def name_behind_a_hop(cloud: Cloud, token: str) -> str:
    ask = ("curl", "-sS", "--max-time", "3", "-H", f"{TOKEN}: {token}")
    return cloud.run(*IN_POD, *ask, f"{SERVICE}/meta-data/instance-id")


@pytest.mark.parametrize("hops", [1, 2])
def test_a_token_gets_no_further_than_its_hops(tmp_path: Path, boots: Boots, hops: int) -> None:
    """All else does: the Pod's packets and answers find their way."""
    options = {"HttpTokens": "required", "HttpPutResponseHopLimit": hops}
    with launched(tmp_path, boots, MetadataOptions=options) as cloud:
        for line in POD:
            cloud.run(*line.split())
        assert name_behind_a_hop(cloud, token(cloud)) == cloud.id
        if hops == 1:
            with pytest.raises(CommandFailed) as refused:
                token(cloud, *IN_POD)
            assert refused.value.exit_status == TIMED_OUT
        else:
            assert name_behind_a_hop(cloud, token(cloud, *IN_POD)) == cloud.id
