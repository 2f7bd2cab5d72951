"""One member of etcd of three that is set otherwise."""

from types import SimpleNamespace
from typing import Any

import pytest

from infra.clients.auth import certificates
from tests.steps.instrumentation import peer_settings as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, goes_red, not_judged

MEMBER = ("etcd member", "quorum")


def members(**more: str) -> Any:
    """Each started as it is built, and with one word more on a machine."""
    addresses = {f"controller-{n}": f"10.0.1.1{n + 1}" for n in range(3)}
    all_of_them = ",".join(f"{m}=https://{at}:2380" for m, at in addresses.items())

    def shell(name: str) -> FakeShell:
        urls = f"https://{addresses[name]}:2379,https://127.0.0.1:2379"
        words = ["/usr/local/bin/etcd", f"--name={name}", "--client-cert-auth"]
        words += [f"--listen-client-urls={urls}", f"--initial-cluster={all_of_them}"]
        words += more.get(name.replace("-", "_"), "").split()
        shown = "Restart=always\nDropInPaths=\n"
        process = "Id=etcd.service\nActiveState=active\nMainPID=7\n"
        told = {"systemctl show --property=UnitFileState": shown, "systemctl show": process}
        return FakeShell(name, {**told, "cat /proc/": "\0".join(words)})

    return cluster(shell=shell)


def test_a_member_that_is_set_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    unit = SimpleNamespace(pid=7)
    monkeypatch.setattr(certificates.systemd, "show", lambda *_: unit)
    steps.same_settings(members(), *MEMBER)
    not_judged(
        r"each etcd member should be as those of the others \(control\); instead: "
        "--quota-backend-bytes is 6442450944 on controller-1, absent on the others",
        steps.same_settings,
        members(controller_1="--quota-backend-bytes=6442450944"),
        *MEMBER,
    )
    goes_red(
        "each etcd member is set as the others are; instead: --pre-vote is false on controller-2",
        steps.same_settings,
        members(controller_2="--pre-vote=false --auto-compaction-retention=1"),
        *MEMBER,
    )
