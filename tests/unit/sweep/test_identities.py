"""Certificates, kubeconfigs and objects of the API are swept with one field changed."""

import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.pki import authority
from tests.sweep.setting import Setting
from tests.unit.sweep.sample import found, material, the_file


def certificate(setting: Setting, machine: str) -> x509.Certificate:
    first, *_ = setting.places[machine].files.values()
    return x509.load_pem_x509_certificate(first)


def test_a_certificate_has_one_other_field() -> None:
    key = "kube-apiserver: kube-apiserver.pem: address 10.0.1.10 is left out"
    changed = certificate(found()[key], "controller-0")
    good = x509.load_pem_x509_certificate(material().cert("kube-apiserver"))
    before, after = authority.alternatives_of(good), authority.alternatives_of(changed)
    assert [str(one.value) for one in before - after] == ["10.0.1.10"]
    assert not after - before
    assert changed.subject == good.subject
    changed.verify_directly_issued_by(x509.load_pem_x509_certificate(material().cert("ca")))
    paths = list(found()[key].places["controller-0"].files)
    assert paths == [
        "/var/lib/kubernetes/kube-apiserver.pem",
        "/var/lib/kubernetes/kube-apiserver-key.pem",
    ]


def test_a_client_gets_a_group_or_another_usage() -> None:
    changed = certificate(found()["kubelet: kubelet.pem: O is system:masters"], "worker-1")
    (group,) = changed.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert group.value == "system:masters"
    key = "kube-apiserver: apiserver-etcd-client.pem: has usage server too"
    usages = certificate(found()[key], "controller-0").extensions.get_extension_for_class(
        x509.ExtendedKeyUsage
    )
    assert set(usages.value) == {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}


def test_an_authority_has_another_beside_it() -> None:
    text = the_file(found()["kube-apiserver: ca.pem: has etcd-ca beside it"], "controller-0")
    assert text.encode() == material().cert("ca") + material().cert("etcd-ca")
    units = found()["kube-apiserver: ca.pem: has etcd-ca beside it"].places["controller-0"].units
    assert units == ("kube-apiserver", "kube-controller-manager", "kube-scheduler")


def test_a_kubeconfig_leads_elsewhere() -> None:
    where = "kube-scheduler: kube-scheduler.kubeconfig"
    key = f"{where}: server is another API server's address"
    config = yaml.safe_load(the_file(found()[key], "controller-0"))
    assert config["clusters"][0]["cluster"]["server"] == "https://10.0.1.12:6443"
    key = f"{where}: certificate-authority-data is left out"
    config = yaml.safe_load(the_file(found()[key], "controller-0"))
    assert set(config["clusters"][0]["cluster"]) == {"server"}


def test_secrets_are_written_in_clear_first() -> None:
    key = "kube-apiserver: encryption-config.yaml: providers are the other way round"
    config = yaml.safe_load(the_file(found()[key], "controller-0"))
    assert [next(iter(one)) for one in config["resources"][0]["providers"]] == [
        "identity",
        "aescbc",
    ]


def test_no_secret_is_in_a_key() -> None:
    secret = yaml.safe_load(material().file("encryption-config.yaml"))
    (key,) = secret["resources"][0]["providers"][0]["aescbc"]["keys"]
    assert not [one for one in found() if key["secret"] in one]
    assert key["secret"] not in repr(found())


def test_a_resource_of_a_rule_is_left_out() -> None:
    setting = found()["rbac: ClusterRole system:kube-apiserver-to-kubelet: nodes/log is left out"]
    assert setting.object
    assert setting.object.changed
    (rule,) = setting.object.changed["rules"]
    assert "nodes/log" not in rule["resources"]
    assert "nodes/log" in setting.object.original["rules"][0]["resources"]
    assert len(rule["resources"]) == 8


def test_a_rule_without_resources_goes() -> None:
    setting = found()[
        "metrics-server: ClusterRole system:metrics-server: nodes/metrics is left out"
    ]
    assert setting.object
    assert setting.object.changed
    (rule,) = setting.object.changed["rules"]
    assert rule["resources"] == ["pods", "nodes"]


def test_an_argument_of_an_addon_is_left_out() -> None:
    setting = found()["metrics-server: Deployment metrics-server: --metric-resolution is left out"]
    assert setting.object
    assert setting.object.changed
    (container,) = setting.object.changed["spec"]["template"]["spec"]["containers"]
    assert "--metric-resolution=15s" not in container["args"]
    assert len(container["args"]) == 5


def test_a_binding_is_deleted() -> None:
    setting = found()["rbac: ClusterRoleBinding system:kube-apiserver: is deleted"]
    assert setting.object
    assert setting.object.changed is None


def test_a_provider_of_secrets_is_left_out() -> None:
    where = "kube-apiserver: encryption-config.yaml: resources.0.providers"
    for number, kept in enumerate(("identity", "aescbc")):
        text = the_file(found()[f"{where}.{number} is left out"], "controller-1")
        (provider,) = yaml.safe_load(text)["resources"][0]["providers"]
        assert list(provider) == [kept]
