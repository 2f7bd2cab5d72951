"""What is described is what is there: the articles' cluster, kubeadm's, one by its API alone."""

import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.described import reading
from infra.described.description import Description
from infra.described.layouts import KUBEADM
from infra.errors import Unreachable, UserError
from infra.machine_layout import SERIES
from infra.ssh import Shell
from infra.survey import describing, nodes, written
from infra.survey.candidates import Candidate
from infra.survey.describing import Asked, Enter
from infra.survey.findings import Findings
from tests.unit.fakes import FakeApi, FakeShell
from tests.unit.survey.sample_clusters import Server, articles, enter_articles, kubeadm, static_pod
from tests.unit.survey.test_nodes import REFUSED


def look(server: Server, enter: Enter | None = None, **ssh: str | int) -> Findings:
    asked = Asked(Path("config"), ssh=ssh or None)
    return describing.look(server, asked, enter)


def read_back(found: Findings, folder: Path, **ssh: str | int) -> tuple[Description, str]:
    (folder / "config").write_text("")
    text = written.text(found, name="mine", kubeconfig=folder / "config", ssh=ssh or None)
    return reading.parse(tomllib.loads(text), folder / "my.toml"), text


def test_the_articles_cluster_is_described_as_the_articles_have_it(tmp_path: Path) -> None:
    found = look(articles(), enter_articles)
    description, text = read_back(found, tmp_path)
    assert [(one.name, one.role, one.api) for one in description.machine] == [
        ("w-a", "worker", ""),
        ("w-b", "worker", ""),
        ("master-11", "controller", "https://10.0.1.11:6443"),
        ("master-12", "controller", "https://10.0.1.12:6443"),
        ("master-13", "controller", "https://10.0.1.13:6443"),
        ("balancer", "load-balancer", ""),
    ]
    assert description.layout.places == SERIES
    assert found.changes == {}
    assert (description.layout.has_systemd_control_plane, description.layout.proxy) == (
        True,
        "unit",
    )
    assert found.remarks == ()
    assert not any(description.may.model_dump().values())
    assert "differs" not in text


def test_without_ssh_what_the_api_does_not_tell_is_said(tmp_path: Path) -> None:
    found = look(articles())
    description, text = read_back(found, tmp_path)
    assert [one.name for one in description.machine] == [
        "w-a",
        "w-b",
        "api-10-0-1-11",
        "api-10-0-1-12",
        "api-10-0-1-13",
    ]
    assert description.ssh is None
    for sentence in (
        "# * api-10-0-1-11 is a name of ours",
        "# * the kubeconfig asks 10.0.1.10, which is no node and no API server",
        "# * no API server was seen, as a Pod or as a process",
        "# * no kube-proxy was seen, nor that there is none",
        "# No [ssh]: no machine is entered",
        "# Not seen, so the preset's places are taken: units.etcd,",
    ):
        assert sentence in text


def test_kubeadms_cluster_is_known_by_its_pods_alone(tmp_path: Path) -> None:
    found = look(kubeadm())
    description, _ = read_back(found, tmp_path)
    assert [(one.name, one.role, one.api) for one in description.machine] == [
        ("cp-1", "controller", "https://10.1.0.1:6443"),
        ("w-1", "worker", ""),
    ]
    assert description.layout.preset == "kubeadm"
    assert description.layout.places == KUBEADM
    assert (found.control_plane, found.kube_proxy, found.remarks) == ("static-pods", "pods", ())


def test_what_differs_from_a_preset_is_written(tmp_path: Path) -> None:
    more = static_pod(
        "kube-controller-manager", "cp-1", "--bind-address=0.0.0.0", "--secure-port=20257"
    )
    description, text = read_back(look(kubeadm(more)), tmp_path)
    layout = description.layout.places
    assert (layout.ports.controller_manager, layout.addresses.controller_manager) == (20257, "")
    assert layout.addresses.scheduler == "127.0.0.1"
    assert "[layout.ports]\ncontroller_manager = 20257\n" in text


def test_machines_that_differ_are_said_and_most_of_them_count() -> None:
    def enter(one: Candidate) -> Shell:
        shell = enter_articles(one)
        if one.private == "10.0.1.12" and isinstance(shell, FakeShell):
            line = shell.answers["cat /proc/10/cmdline"]
            shell.answers["cat /proc/10/cmdline"] = line.replace("/var/lib/etcd", "/data")
        return shell

    found = look(articles(), enter)
    assert found.places["directories", "etcd_data"] == "/var/lib/etcd"
    (remark,) = found.remarks
    assert remark == (
        "directories.etcd_data differs, and a layout has one: "
        "/var/lib/etcd on master-11, master-13; /data on master-12"
    )


def test_a_machine_that_cannot_be_entered_is_a_remark_and_no_balancer() -> None:
    def enter(one: Candidate) -> Shell:
        if one.private in ("10.0.1.10", "10.0.1.13"):
            raise Unreachable(one.name, one.private, "its host key is not known")
        return enter_articles(one)

    found = look(articles(), enter)
    names = [one.name for one in found.machines]
    assert names == ["w-a", "w-b", "master-11", "master-12", "api-10-0-1-13"]
    assert "lb was not entered: lb (10.0.1.10) cannot be reached: its host key is not known" in (
        found.remarks
    )


def test_a_name_that_two_machines_have_is_not_taken() -> None:
    def enter(one: Candidate) -> Shell:
        shell = enter_articles(one)
        if isinstance(shell, FakeShell) and one.role == "controller":
            shell.answers["hostname"] = "ip_1" if one.private.endswith("11") else "debian"
        return shell

    names = [one.name for one in look(articles(), enter).machines if one.role == "controller"]
    assert names == ["api-10-0-1-11", "api-10-0-1-12", "api-10-0-1-13"]


def test_where_every_worker_was_entered_and_has_no_proxy_there_is_none() -> None:
    def enter(one: Candidate) -> Shell:
        shell = enter_articles(one)
        if isinstance(shell, FakeShell):
            listed = shell.answers["ps -e"].splitlines()
            shell.answers["ps -e"] = "\n".join(x for x in listed if "kube-proxy" not in x)
        return shell

    assert look(articles(), enter).kube_proxy == "none"


def test_an_api_server_that_does_not_answer_from_here_is_a_remark() -> None:
    server = kubeadm()
    server.others["https://10.1.0.1:6443"] = FakeApi({})
    found = look(server)
    assert [one.api for one in found.machines] == ["", ""]
    assert found.remarks[-1].startswith("cp-1: its API server does not answer by https://10.1.0.1:")


def test_a_user_who_may_not_list_nodes_gets_what_there_is(tmp_path: Path) -> None:
    server = Server({**kubeadm().table, nodes.NODES: REFUSED}, "https://api.example:443")
    found = look(server)
    description, text = read_back(found, tmp_path)
    assert [one.name for one in description.machine] == ["api-10-1-0-1"]
    assert "# * nodes could not be listed: nodes is forbidden" in text
    assert "# * the kubeconfig asks https://api.example:443, a name: whose it is" in text


def test_machines_that_an_ssh_config_names_are_reached_by_it(tmp_path: Path) -> None:
    config = tmp_path / "ssh"
    config.write_text("Host bastion\n  User a\nhost cp-1 other\n  HostName 1.2.3.4\nHost w*\n")
    found = look(kubeadm(), ssh_config=str(config))
    assert [one.ssh for one in found.machines] == ["cp-1", ""]


@pytest.mark.parametrize(
    ("context", "name"),
    [
        ("kubernetes-admin@kubernetes", "kubernetes-admin-kubernetes"),
        ("arn:aws:eks:eu-central-1:1:cluster/Prod_1-of-many", "arn-aws-eks-eu-central-1-1-clust"),
        ("@", "mine"),
    ],
)
def test_a_name_is_made_of_the_context(context: str, name: str) -> None:
    assert describing.name_of(context) == name[:31].strip("-")


def test_what_a_person_wrote_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "my.toml"
    describing.write("a", out, force=False)
    with pytest.raises(UserError, match="is there already: name another by -o, or use --force"):
        describing.write("b", out, force=False)
    assert out.read_text() == "a"
    describing.write("b", out, force=True)
    assert out.read_text() == "b"
    with pytest.raises(UserError, match="No such file or directory; name another by -o"):
        describing.write("b", tmp_path / "no" / "my.toml", force=True)


def test_what_is_told_of_a_cluster_cannot_end_a_comment(tmp_path: Path) -> None:
    found = Findings("v1.36.1", "https://a", (), remarks=('x\n[may]\ndisrupt = true\r"',))
    description, text = read_back(found, tmp_path)
    assert not description.may.disrupt
    assert text.count("[may]") == 2
    assert written.pair("name", 'a"\\\n\x7f') == 'name = "a\\"\\\\\\n\\u007f"'


def test_a_kubeconfig_becomes_a_file_that_the_model_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, out = tmp_path / "config", tmp_path / "my.toml"
    config.write_text("")
    access = SimpleNamespace(server="https://10.1.0.1:6443", credentials=None, context="Mine@k")
    monkeypatch.setattr(describing.kubeconfig, "read", lambda *_: access)
    monkeypatch.setattr(describing, "Api", lambda *_: kubeadm())
    text, found = describing.described(Asked(config, context="Mine@k"), out, None)
    describing.write(text, out, force=False)
    read = reading.read(out)
    assert (read.name, read.context, read.kubernetes) == ("mine-k", "Mine@k", "v1.36.1")
    assert (read.kubeconfig, read.layout.preset, len(read.machine)) == (config, "kubeadm", 2)
    assert found.remarks == ()
