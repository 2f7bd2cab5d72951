"""What a sweep leaves out is taken from what the phases render, and each change is one change."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.inventory import series
from infra.pki import authority, kubeconfigs
from infra.pki.material import Material
from tests.sweep import machines, objects, scope, texts
from tests.sweep.setting import Setting

GOLDEN = Path(__file__).parent / "golden"
SPEC = series("golden", kubernetes="v1.36.1", platform="local")
FLAG = re.compile(r"(?<=\s)(--[\w-]+)")


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    made = authority.create_all(SPEC, tmp_path_factory.mktemp("sweep") / "pki")
    kubeconfigs.create_all(SPEC, made)
    return made


@pytest.fixture(scope="module")
def found(material: Material) -> dict[str, Setting]:
    every = [*machines.settings(SPEC, material), *objects.settings(SPEC)]
    assert len({one.key for one in every}) == len(every), "two settings of one key"
    return {one.key: one for one in every}


def the_file(setting: Setting, machine: str) -> str:
    (content,) = setting.places[machine].files.values()
    return content.decode()


def certificate(setting: Setting, machine: str) -> x509.Certificate:
    first, *_ = setting.places[machine].files.values()
    return x509.load_pem_x509_certificate(first)


def test_it_is_as_long_as_the_phases_write(found: dict[str, Setting]) -> None:
    counts = Counter(one.component for one in found.values())
    assert counts["kube-apiserver"] >= 90
    assert counts["etcd"] >= 40
    assert counts["kubelet"] >= 40
    assert counts["metrics-server"] >= 30
    assert len(found) >= 350


@pytest.mark.parametrize("path", sorted(GOLDEN.rglob("*.service")), ids=lambda path: path.name)
def test_every_flag_of_every_unit_is_among_them(path: Path, found: dict[str, Setting]) -> None:
    words = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    for flag in FLAG.findall("\n".join(words)):
        mine = [key for key in found if f": {path.name}: {flag} " in key]
        assert mine, f"{flag} of {path.name} is swept by nobody"


def test_every_reviewed_text_is_swept(found: dict[str, Setting]) -> None:
    files = {path.name for path in GOLDEN.rglob("*") if path.is_file()} - {"OTHERS", "SECRETS"}
    assert files <= {one.where for one in found.values()}


def test_every_secret_file_is_swept_by_itself_or_with_its_certificate(
    found: dict[str, Setting],
) -> None:
    swept = {path for s in found.values() for place in s.places.values() for path in place.files}
    for name in ("controller-0", "worker-0"):
        lines = (GOLDEN / name / "SECRETS").read_text().splitlines()
        missing = {line.split()[-1] for line in lines} - swept
        assert not missing, f"nothing changes {missing}"


def test_a_change_differs_from_what_is_written_in_its_files_only(
    found: dict[str, Setting], material: Material
) -> None:
    for setting in found.values():
        for place in setting.places.values():
            assert all(content for content in place.files.values()), setting.key


def test_a_flag_is_left_out_and_all_others_stay(found: dict[str, Setting]) -> None:
    setting = found["kube-apiserver: kube-apiserver.service: --client-ca-file is left out"]
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
def test_a_flag_has_another_value(key: str, word: str, found: dict[str, Setting]) -> None:
    assert word in the_file(found[key], "controller-2")


def test_a_setting_of_yaml_is_changed(found: dict[str, Setting]) -> None:
    key = "kubelet: kubelet-config.yaml: authentication.anonymous.enabled is true"
    config = yaml.safe_load(the_file(found[key], "worker-1"))
    assert config["authentication"]["anonymous"] == {"enabled": True}
    assert config["authentication"]["webhook"] == {"enabled": True}
    key = "kubelet: kubelet-config.yaml: clusterDNS is left out"
    config = yaml.safe_load(the_file(found[key], "worker-1"))
    assert "clusterDNS" not in config
    assert config["kind"] == "KubeletConfiguration"


def test_an_entry_of_a_list_is_left_out(found: dict[str, Setting]) -> None:
    key = "kube-apiserver: audit-policy.yaml: rules.1 is left out"
    policy = yaml.safe_load(the_file(found[key], "controller-0"))
    assert len(policy["rules"]) == 4
    assert policy["rules"][-1] == {"level": "Metadata"}


def test_json_stays_json(found: dict[str, Setting]) -> None:
    key = "pod-network: 10-bridge.conf: isGateway is false"
    assert json.loads(the_file(found[key], "worker-0"))["isGateway"] is False


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("default-server verify none", "    default-server check check-ssl inter 2s fastinter 1s"),
        ("default-server inter 2s", "    default-server check check-ssl verify none fastinter 1s"),
    ],
)
def test_a_word_of_haproxys_servers_goes_with_its_value(
    what: str, line: str, found: dict[str, Setting]
) -> None:
    assert line in the_file(found[f"haproxy: haproxy.cfg: {what} is left out"], "lb")


def test_a_line_of_haproxy_is_left_out_and_no_heading(found: dict[str, Setting]) -> None:
    key = "haproxy: haproxy.cfg: server controller-1 10.0.1.12:6443 is left out"
    text = the_file(found[key], "lb")
    assert "controller-1" not in text
    assert "controller-2" in text
    assert not [key for key in found if "backend api is" in key and "default" not in key]


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


def test_a_setting_of_the_kernel_is_off_not_left_as_it_is(found: dict[str, Setting]) -> None:
    key = "kubernetes-kernel: 90-kubernetes.conf: net.ipv4.ip_forward is 0"
    assert "net.ipv4.ip_forward = 0\n" in the_file(found[key], "worker-0")


def test_a_certificate_has_one_other_field(found: dict[str, Setting], material: Material) -> None:
    key = "kube-apiserver: kube-apiserver.pem: address 10.0.1.10 is left out"
    changed = certificate(found[key], "controller-0")
    good = x509.load_pem_x509_certificate(material.cert("kube-apiserver"))
    before, after = authority.alternatives_of(good), authority.alternatives_of(changed)
    assert [str(one.value) for one in before - after] == ["10.0.1.10"]
    assert not after - before
    assert changed.subject == good.subject
    changed.verify_directly_issued_by(x509.load_pem_x509_certificate(material.cert("ca")))
    paths = list(found[key].places["controller-0"].files)
    assert paths == [
        "/var/lib/kubernetes/kube-apiserver.pem",
        "/var/lib/kubernetes/kube-apiserver-key.pem",
    ]


def test_a_client_gets_a_group_or_another_usage(found: dict[str, Setting]) -> None:
    changed = certificate(found["kubelet: kubelet.pem: O is system:masters"], "worker-1")
    (group,) = changed.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert group.value == "system:masters"
    key = "kube-apiserver: apiserver-etcd-client.pem: has usage server too"
    usages = certificate(found[key], "controller-0").extensions.get_extension_for_class(
        x509.ExtendedKeyUsage
    )
    assert set(usages.value) == {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}


def test_an_authority_has_another_beside_it(found: dict[str, Setting], material: Material) -> None:
    text = the_file(found["kube-apiserver: ca.pem: has etcd-ca beside it"], "controller-0")
    assert text.encode() == material.cert("ca") + material.cert("etcd-ca")
    units = found["kube-apiserver: ca.pem: has etcd-ca beside it"].places["controller-0"].units
    assert units == ("kube-apiserver", "kube-controller-manager", "kube-scheduler")


def test_a_kubeconfig_leads_elsewhere(found: dict[str, Setting]) -> None:
    where = "kube-scheduler: kube-scheduler.kubeconfig"
    key = f"{where}: server is another API server's address"
    config = yaml.safe_load(the_file(found[key], "controller-0"))
    assert config["clusters"][0]["cluster"]["server"] == "https://10.0.1.12:6443"
    key = f"{where}: certificate-authority-data is left out"
    config = yaml.safe_load(the_file(found[key], "controller-0"))
    assert set(config["clusters"][0]["cluster"]) == {"server"}


def test_secrets_are_written_in_clear_first(found: dict[str, Setting]) -> None:
    key = "kube-apiserver: encryption-config.yaml: providers are the other way round"
    config = yaml.safe_load(the_file(found[key], "controller-0"))
    assert [next(iter(one)) for one in config["resources"][0]["providers"]] == [
        "identity",
        "aescbc",
    ]


def test_no_secret_is_in_a_key(found: dict[str, Setting], material: Material) -> None:
    secret = yaml.safe_load(material.file("encryption-config.yaml"))
    (key,) = secret["resources"][0]["providers"][0]["aescbc"]["keys"]
    assert not [one for one in found if key["secret"] in one]
    assert key["secret"] not in repr(found)


def test_a_resource_of_a_rule_is_left_out(found: dict[str, Setting]) -> None:
    setting = found["rbac: ClusterRole system:kube-apiserver-to-kubelet: nodes/log is left out"]
    assert setting.object
    assert setting.object.changed
    (rule,) = setting.object.changed["rules"]
    assert "nodes/log" not in rule["resources"]
    assert "nodes/log" in setting.object.original["rules"][0]["resources"]
    assert len(rule["resources"]) == 8


def test_a_rule_without_resources_goes(found: dict[str, Setting]) -> None:
    setting = found["metrics-server: ClusterRole system:metrics-server: nodes/metrics is left out"]
    assert setting.object
    assert setting.object.changed
    (rule,) = setting.object.changed["rules"]
    assert rule["resources"] == ["pods", "nodes"]


def test_an_argument_of_an_addon_is_left_out(found: dict[str, Setting]) -> None:
    setting = found["metrics-server: Deployment metrics-server: --metric-resolution is left out"]
    assert setting.object
    assert setting.object.changed
    (container,) = setting.object.changed["spec"]["template"]["spec"]["containers"]
    assert "--metric-resolution=15s" not in container["args"]
    assert len(container["args"]) == 5


def test_a_binding_is_deleted(found: dict[str, Setting]) -> None:
    setting = found["rbac: ClusterRoleBinding system:kube-apiserver: is deleted"]
    assert setting.object
    assert setting.object.changed is None


def test_a_provider_of_secrets_is_left_out(found: dict[str, Setting]) -> None:
    where = "kube-apiserver: encryption-config.yaml: resources.0.providers"
    for number, kept in enumerate(("identity", "aescbc")):
        text = the_file(found[f"{where}.{number} is left out"], "controller-1")
        (provider,) = yaml.safe_load(text)["resources"][0]["providers"]
        assert list(provider) == [kept]


def test_every_setting_has_a_row_that_says_which_articles_speak_of_it(
    found: dict[str, Setting],
) -> None:
    for key in found:
        assert scope.of(key).why


def test_every_row_is_for_some_setting_of_the_build_or_of_the_driver(
    found: dict[str, Setting],
) -> None:
    used = {scope.of(key) for key in found}
    idle = [row.settings for row in scope.table() if row not in used]
    assert idle == [("ebs-csi: *",)]


def test_a_setting_without_a_row_is_told() -> None:
    with pytest.raises(KeyError, match=r"no row of scope\.toml fits"):
        scope.of("something: new: is left out")
