"""What a sweep leaves out is taken from what the phases render, and each change is one change."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from infra.desired.things import File, Secret, Unit
from infra.lifecycle.render import things_of
from tests.sweep import machines, scope, texts
from tests.unit.sweep.sample import SPEC, found, material, the_file

GOLDEN = Path(__file__).parents[1] / "golden"
FLAG = re.compile(r"(?<=\s)(--[\w-]+)")


def test_it_is_as_long_as_the_phases_write() -> None:
    counts = Counter(one.component for one in found().values())
    assert counts["kube-apiserver"] >= 90
    assert counts["etcd"] >= 40
    assert counts["kubelet"] >= 40
    assert counts["metrics-server"] >= 30
    assert len(found()) >= 350


@pytest.mark.parametrize("path", sorted(GOLDEN.rglob("*.service")), ids=lambda path: path.name)
def test_every_flag_of_every_unit_is_among_them(path: Path) -> None:
    words = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    for flag in FLAG.findall("\n".join(words)):
        mine = [key for key in found() if f": {path.name}: {flag} " in key]
        assert mine, f"{flag} of {path.name} is swept by nobody"


def test_every_reviewed_text_is_swept() -> None:
    files = {path.name for path in GOLDEN.rglob("*") if path.is_file()} - {"OTHERS", "SECRETS"}
    assert files <= {one.where for one in found().values()}


def test_every_secret_file_is_swept_by_itself_or_with_its_certificate() -> None:
    swept = {path for s in found().values() for place in s.places.values() for path in place.files}
    for name in ("controller-0", "worker-0"):
        lines = (GOLDEN / name / "SECRETS").read_text().splitlines()
        missing = {line.split()[-1] for line in lines} - swept
        assert not missing, f"nothing changes {missing}"


def test_every_change_is_one() -> None:
    for machine in SPEC.machines:
        written = {
            machines.path_of(thing): thing.content
            for thing in things_of(SPEC, material(), machine)
            if isinstance(thing, File | Secret | Unit)
        }
        for one in found().values():
            files = one.places[machine.name].files if machine.name in one.places else {}
            same = [path for path, new in files.items() if new in (written[path], b"")]
            same += [path for path, new in files.items() if new.decode() == written[path]]
            assert not same, f"{one.key}: {same} is what is written anyway"


def test_a_flag_is_left_out_and_all_others_stay() -> None:
    setting = found()["kube-apiserver: kube-apiserver.service: --client-ca-file is left out"]
    place = setting.places["controller-1"]
    text = the_file(setting, "controller-1")
    before = (GOLDEN / "controller-0/etc/systemd/system/kube-apiserver.service").read_text()
    assert Counter(FLAG.findall(before)) - Counter(FLAG.findall(text)) == {"--client-ca-file": 1}
    assert place.units == ("kube-apiserver",)
    assert not re.search(r"\\$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("kube-scheduler: kube-scheduler.service: --leader-elect is false", "leader-elect=false"),
        ("kube-apiserver: kube-apiserver.service: --secure-port is 6444", "--secure-port=6444"),
        (
            "kube-apiserver: kube-apiserver.service: --authorization-mode has its last value only",
            "--authorization-mode=RBAC ",
        ),
        (
            "etcd: etcd.service: --listen-client-urls has its last value only",
            "--listen-client-urls=https://127.0.0.1:2379 ",
        ),
    ],
)
def test_a_flag_has_another_value(key: str, word: str) -> None:
    assert word in the_file(found()[key], "controller-2")


def test_a_setting_of_yaml_is_changed() -> None:
    key = "kubelet: kubelet-config.yaml: authentication.anonymous.enabled is true"
    config = yaml.safe_load(the_file(found()[key], "worker-1"))
    assert config["authentication"]["anonymous"] == {"enabled": True}
    assert config["authentication"]["webhook"] == {"enabled": True}
    key = "kubelet: kubelet-config.yaml: clusterDNS is left out"
    config = yaml.safe_load(the_file(found()[key], "worker-1"))
    assert "clusterDNS" not in config
    assert config["kind"] == "KubeletConfiguration"


def test_an_entry_of_a_list_is_left_out() -> None:
    key = "kube-apiserver: audit-policy.yaml: rules.1 is left out"
    policy = yaml.safe_load(the_file(found()[key], "controller-0"))
    assert len(policy["rules"]) == 4
    assert policy["rules"][-1] == {"level": "Metadata"}


def test_json_stays_json() -> None:
    key = "pod-network: 10-bridge.conf: isGateway is false"
    assert json.loads(the_file(found()[key], "worker-0"))["isGateway"] is False


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("default-server verify none", "    default-server check check-ssl inter 2s fastinter 1s"),
        ("default-server inter 2s", "    default-server check check-ssl verify none fastinter 1s"),
    ],
)
def test_a_word_of_haproxys_servers_goes_with_its_value(what: str, line: str) -> None:
    assert line in the_file(found()[f"haproxy: haproxy.cfg: {what} is left out"], "lb")


def test_a_line_of_haproxy_is_left_out_and_no_heading() -> None:
    key = "haproxy: haproxy.cfg: server controller-1 10.0.1.12:6443 is left out"
    text = the_file(found()[key], "lb")
    assert "controller-1" not in text
    assert "controller-2" in text
    assert not [key for key in found() if "backend api is" in key and "default" not in key]


def test_a_block_goes_with_all_its_lines() -> None:
    text = ".:53 {\n    errors\n    health {\n        lameduck 5s\n    }\n    ready\n}\n"
    edits = dict(texts.lined(text, "Corefile"))
    assert edits["health is left out"] == ".:53 {\n    errors\n    ready\n}\n"
    assert set(edits) == {
        "errors is left out",
        "health is left out",
        "lameduck 5s is left out",
        "ready is left out",
    }


def test_a_block_that_nothing_closes_is_told() -> None:
    with pytest.raises(ValueError, match="nothing closes"):
        list(texts.lined("a\n  b {\n    c\n", "x"))


def test_a_setting_of_the_kernel_is_off_not_left_as_it_is() -> None:
    key = "kubernetes-kernel: 90-kubernetes.conf: net.ipv4.ip_forward is 0"
    assert "net.ipv4.ip_forward = 0\n" in the_file(found()[key], "worker-0")


def test_every_setting_has_a_row_that_says_which_articles_speak_of_it() -> None:
    for key in found():
        assert scope.of(key).why


def test_every_row_is_for_some_setting_of_the_build_or_of_the_driver() -> None:
    used = {scope.of(key) for key in found()}
    idle = [row.settings for row in scope.table() if row not in used]
    assert all(key.startswith("ebs-csi: ") for settings in idle for key in settings), idle


def test_a_setting_without_a_row_is_told() -> None:
    with pytest.raises(KeyError, match=r"no row of scope\.toml fits"):
        scope.of("something: new: is left out")
