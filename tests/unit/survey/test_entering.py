"""Machines are entered as the options of the command say, or not at all."""

from pathlib import Path

import pytest

from infra.errors import UserError
from infra.ssh import Ssh
from infra.survey import entering
from infra.survey.candidates import Candidate

CP = Candidate("cp-1", "controller", "10.1.0.1")


def test_without_a_user_no_machine_is_entered() -> None:
    assert entering.table(user="", key=None, jump="") is None
    assert entering.by(None, Path("my.toml")) is None


def test_an_option_for_ssh_without_a_user_is_one_line() -> None:
    with pytest.raises(UserError, match=r"--ssh-key is for SSH: give --ssh-user too"):
        entering.table(user="", key=Path("k"))


def test_paths_are_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.chdir(tmp_path)
    found = entering.table(user="u", key=Path("~/k"), ssh_config=Path("c"), jump="a@b")
    assert found == {
        "user": "u",
        "key": "/home/me/k",
        "ssh_config": str(tmp_path / "c"),
        "jump": "a@b",
    }


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    ssh = {"user": "u", "key": str(tmp_path / "k"), "known_hosts": __file__}
    with pytest.raises(UserError, match=r"\[ssh\] key .*there is no file"):
        entering.by(ssh, tmp_path / "my.toml")


@pytest.mark.parametrize(("alias", "address"), [("", "10.1.0.1"), ("cp-1", "192.0.2.7")])
def test_a_machine_is_entered_by_its_address_or_its_host(
    tmp_path: Path, alias: str, address: str
) -> None:
    config = tmp_path / "config"
    config.write_text("Host cp-1\n  HostName 192.0.2.7\n")
    ssh = {"user": "u", "known_hosts": str(config), "ssh_config": str(config)}
    enter = entering.by(ssh, tmp_path / "my.toml")
    assert enter
    shell = enter(Candidate("cp-1", "controller", "10.1.0.1", ssh=alias))
    assert isinstance(shell, Ssh)
    assert (shell.name, shell.address) == ("cp-1", address)
