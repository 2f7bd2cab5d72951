"""my.toml: what may be left out, and what a mistake is told as."""

from pathlib import Path

import pytest

from infra.described.description import Description
from infra.described.reading import read
from infra.errors import UserError
from infra.machine_layout import SERIES

LEAST = 'name = "mine"\nkubeconfig = "config"\nkubernetes = "v1.36.1"\n'
MACHINE = '[[machine]]\nname = "cp"\nrole = "controller"\nprivate = "10.0.1.11"\n'
SSH = '[ssh]\nuser = "ubuntu"\nknown_hosts = "config"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config").write_text("")
    return tmp_path


def described(folder: Path, text: str) -> Description:
    path = folder / "my.toml"
    path.write_text(text)
    return read(path)


def test_a_kubeconfig_is_enough_and_nothing_is_allowed(folder: Path) -> None:
    found = described(folder, LEAST)
    assert found.kubeconfig == folder / "config"
    assert (found.ssh, found.machine, found.pki, found.ec2) == (None, (), None, None)
    assert set(found.may.model_dump().values()) == {False}
    assert found.layout.places == SERIES
    assert (found.layout.has_systemd_control_plane, found.layout.proxy) == (True, "unit")


def test_all_of_it_can_be_told(folder: Path) -> None:
    text = f"""{LEAST}context = "admin"
    [ssh]
    user = "ubuntu"
    key = "config"
    known_hosts = "config"
    jump = "ubuntu@bastion:2222"
    {MACHINE}ssh = "first"
    api = "https://10.0.1.11:6443"
    [layout]
    preset = "kubeadm"
    kube_proxy = "none"
    ports.etcd_metrics = 2382
    [layout.files]
    audit_log = "/var/log/audit.log"
    [pki]
    directory = "."
    [ec2]
    region = "eu-central-1"
    [may]
    drain = true
    power_off = true
    """
    found = described(folder, text)
    layout = found.layout.places
    assert (layout.files.audit_log, layout.ports.etcd_metrics) == ("/var/log/audit.log", 2382)
    assert layout.certificates.etcd == "/etc/kubernetes/pki/etcd/server.crt"
    assert (found.layout.has_systemd_control_plane, found.layout.proxy) == (False, "none")
    assert found.machine[0].reached == "first"
    assert (found.may.drain, found.may.disrupt) == (True, False)


def test_home_and_absolute_paths_are_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert (
        described(folder, LEAST.replace('"config"', '"~/config"')).kubeconfig == folder / "config"
    )


def test_a_machine_that_is_both_has_both_roles(folder: Path) -> None:
    (one,) = described(
        folder, LEAST + MACHINE.replace('"controller"', '"controller+worker"')
    ).machine
    assert (one.is_controller, one.is_worker, one.reached) == (True, True, "10.0.1.11")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LEAST.replace('"mine"', '"My One"'), 'name "My One": String should match'),
        (LEAST.replace('name = "mine"', ""), 'name is missing; write name = "mine"'),
        (LEAST.replace('"config"', '"none"'), "there is no file"),
        (LEAST.replace("kubeconfig", "kubeconfg"), "kubeconfig is missing"),
        (LEAST + 'contex = "x"', "contex: no such key; did you mean context?"),
        (LEAST + "[sh]", "sh: no such key; did you mean ssh?"),
        (LEAST + '[ssh]\nknown_hosts = "config"', '[ssh] user is missing; write user = "ubuntu"'),
        (LEAST + SSH, "there is [ssh] and no [[machine]]"),
        (LEAST + SSH.replace('"config"', '"no"') + MACHINE, '[ssh] known_hosts "no": there is no'),
        (LEAST + MACHINE + MACHINE, "two [[machine]] are named cp"),
        (LEAST + MACHINE.replace('"controller"', '"master"'), '[[machine]] 1 role "master": Input'),
        (LEAST + MACHINE.replace("10.0.1.11", "cp"), '; write private = "10.0.1.11"'),
        (LEAST + '[may]\ndrain = "yes"', '[may] drain "yes": Input should be a valid boolean'),
        (LEAST + "[may]\ndrian = true", "[may] drian: no such key; did you mean drain?"),
        (LEAST + "[may]\npower_off = true", "[may] power_off needs [ec2]"),
        (LEAST + '[layout]\npreset = "k0s"', '[layout] preset "k0s": Input should be'),
        (LEAST + '[layout.files]\naudit = "/a"', "[layout]: files.audit is no place; did you mean"),
        (LEAST + '[layout.ports]\nkubelet = "x"', '[layout.ports] kubelet "x": Input should be'),
        (LEAST + "ssh = 3", "[ssh] 3: Input should be a valid dictionary"),
        (LEAST + "[[machine]]", "[[machine]] 1 name is missing; write name"),
        ("name = ", "my.toml is no TOML: "),
    ],
)
def test_a_mistake_is_one_line_with_the_file_the_table_and_the_key(
    folder: Path, text: str, told: str
) -> None:
    with pytest.raises(UserError) as caught:
        described(folder, text)
    assert told in str(caught.value)
    assert str(caught.value).startswith(str(folder / "my.toml"))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no\.toml: No such file"):
        read(tmp_path / "no.toml")


def test_how_many_more_mistakes_there_are_is_told(folder: Path) -> None:
    with pytest.raises(UserError, match=r"name is missing; write name = \"mine\" \(and 2 more\)"):
        described(folder, "")
