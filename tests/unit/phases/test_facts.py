"""Facts are parsed from recorded outputs of a Debian 13 machine."""

from collections.abc import Sequence

from infra.desired import facts
from infra.desired import things as t
from infra.machine_layout import SERIES
from infra.ssh import Result

UNITS = """\
Id=etcd.service
ActiveState=active
UnitFileState=enabled
ActiveEnterTimestamp=@1795000000

Id=kubelet.service
ActiveState=inactive
UnitFileState=
ActiveEnterTimestamp=
"""
STAT = """\
755 root 1794000000 100 regular file|/usr/local/bin/etcd
600 root 1794000001 5 regular file|/etc/key
700 root 1794000002 4096 directory|/etc/etcd
"""


class Recorded:
    """Answers by the first word of the command."""

    name = "controller-0"
    layout = SERIES

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[tuple[str, ...]] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        stdin: bytes | None = None,
        timeout: float = 0,
    ) -> Result:
        self.asked.append(tuple(argv))
        return Result(self.name, tuple(argv), 0, self.answers[argv[0].split("/")[-1]], "", 0.0)

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None:
        raise AssertionError("facts only read")

    def get(self, path: str) -> bytes:
        raise AssertionError("not used")


def test_units_are_read_with_their_start() -> None:
    read = facts.read_units(Recorded(systemctl=UNITS), ["etcd", "kubelet"])
    assert read["etcd"] == facts.UnitFact(active=True, enabled=True, since=1795000000.0)
    assert read["kubelet"] == facts.UnitFact(active=False, enabled=False, since=0.0)


def test_a_baked_binary_is_not_hashed_again() -> None:
    baked = f"/usr/local/bin/etcd\t{'a' * 64}\t100\t1794000000\n"
    shell = Recorded(stat=STAT, cat=baked, sha256sum=f"{'b' * 64}  /etc/key\n")
    things = (
        t.Binary("etcd", "/usr/local/bin/etcd"),
        t.Secret("/etc/key", b""),
        t.Directory("/etc/etcd"),
    )
    read = facts.read(shell, things).paths
    assert read["/usr/local/bin/etcd"].sha256 == "a" * 64
    assert read["/etc/key"].sha256 == "b" * 64
    assert read["/etc/etcd"].sha256 is None
    assert ("sha256sum", "--", "/etc/key") in shell.asked


def test_a_touched_binary_is_hashed() -> None:
    baked = f"/usr/local/bin/etcd\t{'a' * 64}\t100\t1\n"
    shell = Recorded(stat=STAT, cat=baked, sha256sum=f"{'c' * 64}  /usr/local/bin/etcd\n")
    read = facts.read(shell, (t.Binary("etcd", "/usr/local/bin/etcd"),)).paths
    assert read["/usr/local/bin/etcd"].sha256 == "c" * 64


TABLE = """\
table ip pod_masquerade {
\tchain postrouting {
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t}
}
"""


def test_what_units_made_in_the_kernel_is_read_from_the_kernel() -> None:
    makes = (t.Sysctl("net.ipv4.ip_forward", "1"), t.NftTable("ip pod_masquerade", ()))
    shell = Recorded(systemctl=UNITS, sysctl="net.ipv4.ip_forward = 0\n", nft=TABLE)
    read = facts.read(shell, (t.Running("etcd", makes=makes),))
    assert read.sysctls == {"net.ipv4.ip_forward": "0"}
    assert "chain postrouting {" in read.tables["ip pod_masquerade"]
    assert ("nft", "list", "table", "ip", "pod_masquerade") in shell.asked
