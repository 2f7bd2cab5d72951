"""[ssh] of my.toml is what a connection is opened by: user, key, known hosts, jump, ssh_config."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest

from infra.described.attaching import machines_of
from infra.described.reading import parse
from infra.described.shells import shells
from infra.errors import Unreachable, UserError
from infra.inventory import ClusterSpec
from infra.ssh import Ssh
from tests.unit.sshd_fake import LOOPBACK, Sshd, new_key

FAR = ("10.77.0.5", 22)
"""Of the machine, where no packet of this computer comes: only the jump host leads there."""


@dataclass
class Net:
    """A machine, ``w-1``, and a jump host on this computer, each with a key of its own."""

    folder: Path
    machine: Sshd
    jump: Sshd
    opened: list[Ssh]

    def knows(self, *lines: str) -> None:
        (self.folder / "known").write_text("".join(lines))

    def config(self, text: str) -> str:
        (self.folder / "config").write_text(text)
        return "config"

    def runs(self, *, host: str = "", **ssh: str) -> str:
        """What a command on the machine prints, by ``[ssh]``."""
        (self.folder / "kubeconfig").write_text("")
        told = {
            "name": "mine",
            "kubeconfig": "kubeconfig",
            "kubernetes": "v1.36.1",
            "ssh": {"user": "ubuntu", "known_hosts": "known", **ssh},
            "machine": [{"name": "w-1", "role": "worker", "private": FAR[0], "ssh": host}],
        }
        described = parse(told, self.folder / "my.toml")
        machines = tuple(one for table in described.machine for one in machines_of(table))
        spec = ClusterSpec("mine", "v1.36.1", "existing", machines)
        self.opened.append(shells(described, spec)("w-1"))
        return self.opened[-1].run(["hostname"]).stdout


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Net]:
    keys = {name: new_key(tmp_path / name) for name in ("key", "other")}
    with ExitStack() as closing:
        machine = Sshd("w-1", {"ubuntu": keys["key"], "core": keys["other"]})
        jump = Sshd("jump", {"ubuntu": keys["key"], "hop": keys["other"]}, {FAR: machine.port})
        made = Net(tmp_path, machine, jump, [])
        for one in (machine, jump):
            closing.callback(one.close)
        made.knows(machine.known_as(FAR[0]), jump.known_as(LOOPBACK, jump.port))
        yield made
        for shell in made.opened:
            shell.close()


def test_a_machine_is_entered_through_the_jump_host(net: Net) -> None:
    told = net.runs(key="key", jump=f"{LOOPBACK}:{net.jump.port}")
    assert told == "w-1"
    assert (net.jump.users, net.machine.users) == (["ubuntu"], ["ubuntu"])
    assert net.jump.asked_for == [FAR], "the address is resolved there, not here"
    assert (net.jump.commands, net.machine.commands) == ([], ["sudo -n hostname"])


def test_the_jump_host_has_a_user_of_its_own(net: Net) -> None:
    net.jump.accepts = {"hop": net.jump.accepts["ubuntu"]}
    assert net.runs(key="key", jump=f"hop@{LOOPBACK}:{net.jump.port}") == "w-1"
    assert (net.jump.users, net.machine.users) == (["hop"], ["ubuntu"])


def test_without_the_jump_host_the_machine_is_not_reached(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown above is the jump host's doing."""
    monkeypatch.setattr("infra.ssh.CONNECT_TIMEOUT", 0.3)
    with pytest.raises(Unreachable, match=r"w-1 \(10.77.0.5\) cannot be reached"):
        net.runs(key="key")
    assert net.machine.users == []


@pytest.mark.parametrize("which", ["jump", "machine"])
def test_a_key_that_is_not_pinned_is_not_accepted(net: Net, which: str) -> None:
    stranger = Sshd("stranger", {})
    known, wrong = (
        {"jump": one.known_as(LOOPBACK, net.jump.port), "machine": other.known_as(FAR[0])}
        for one, other in ((net.jump, net.machine), (stranger, stranger))
    )
    stranger.close()
    for missing in ("", wrong[which]):
        net.knows(*(known | {which: missing}).values())
        with pytest.raises(Unreachable, match="w-1"):
            net.runs(key="key", jump=f"{LOOPBACK}:{net.jump.port}")
    assert net.machine.commands == []
    assert set(net.jump.asked_for) == (set() if which == "jump" else {FAR})


def test_an_ssh_config_says_address_user_port_and_key(net: Net) -> None:
    net.knows(net.machine.known_as(LOOPBACK, net.machine.port))
    config = net.config(
        f"Host w-1\n  HostName {LOOPBACK}\n  Port {net.machine.port}\n  User core\n"
        f"  IdentityFile {net.folder / 'other'}\n"
    )
    assert net.runs(host="w-1", key="key", ssh_config=config) == "w-1"
    assert net.machine.users == ["core"]


def test_an_ssh_config_that_does_not_speak_of_the_machine_changes_nothing(net: Net) -> None:
    config = net.config("Host elsewhere\n  User nobody\n  ProxyJump nowhere\n")
    told = net.runs(key="key", jump=f"{LOOPBACK}:{net.jump.port}", ssh_config=config)
    assert (told, net.machine.users) == ("w-1", ["ubuntu"])


def hop(net: Net, name: str) -> str:
    return (
        f"Host {name}\n  HostName {LOOPBACK}\n  Port {net.jump.port}\n  User hop\n"
        f"  IdentityFile {net.folder / 'other'}\n"
    )


def test_proxy_jump_of_an_ssh_config_is_entered_as_the_ssh_config_says(net: Net) -> None:
    config = net.config(
        f"Host w-1\n  HostName {FAR[0]}\n  ProxyJump bastion\n{hop(net, 'bastion')}"
    )
    assert net.runs(host="w-1", key="key", ssh_config=config) == "w-1"
    assert (net.jump.users, net.jump.asked_for) == (["hop"], [FAR])
    assert net.machine.users == ["ubuntu"]


def test_a_jump_host_of_my_toml_may_be_one_of_the_ssh_config(net: Net) -> None:
    """As for `ssh -J bastion -F config`."""
    config = net.config(hop(net, "bastion"))
    assert net.runs(key="key", jump="bastion", ssh_config=config) == "w-1"
    assert (net.jump.users, net.jump.asked_for) == (["hop"], [FAR])


def test_what_my_toml_says_of_the_jump_comes_before_the_ssh_config(net: Net) -> None:
    config = net.config(f"Host {FAR[0]}\n  ProxyJump nowhere\n")
    told = net.runs(key="key", jump=f"{LOOPBACK}:{net.jump.port}", ssh_config=config)
    assert (told, net.jump.asked_for) == ("w-1", [FAR])


def test_several_jump_hosts_are_entered_one_after_the_other(net: Net) -> None:
    first = Sshd("first", net.jump.accepts, {(LOOPBACK, net.jump.port): net.jump.port})
    net.knows(
        net.machine.known_as(FAR[0]),
        net.jump.known_as(LOOPBACK, net.jump.port),
        first.known_as(LOOPBACK, first.port),
    )
    config = net.config(
        f"Host w-1\n  HostName {FAR[0]}\n"
        f"  ProxyJump hop@{LOOPBACK}:{first.port},{LOOPBACK}:{net.jump.port}\n"
        f"  IdentityFile {net.folder / 'key'}\n"
    )
    first.accepts = {"hop": net.jump.accepts["ubuntu"]}
    assert net.runs(host="w-1", key="key", ssh_config=config) == "w-1"
    assert (first.users, first.asked_for) == (["hop"], [(LOOPBACK, net.jump.port)])
    assert (net.jump.users, net.jump.asked_for) == (["ubuntu"], [FAR])
    first.close()


def test_a_proxy_command_is_refused_by_name_and_not_passed_over(net: Net) -> None:
    config = net.config("Host w-1\n  ProxyCommand nc %h %p\n")
    with pytest.raises(UserError, match=r"w-1 has ProxyCommand nc .*: write ProxyJump"):
        net.runs(host="w-1", key="key", ssh_config=config)


def test_without_a_key_those_of_the_agent_are_asked(
    net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = net.machine.accepts["ubuntu"]

    class Agent:
        def get_keys(self) -> tuple[paramiko.PKey, ...]:
            return (key,)

        def close(self) -> None:
            pass

    monkeypatch.setattr(paramiko.client, "Agent", Agent)
    assert net.runs(jump=f"{LOOPBACK}:{net.jump.port}") == "w-1"
    assert (net.jump.users, net.machine.users) == (["ubuntu"], ["ubuntu"])
