"""Certificates that are not as built: every Then goes red, as one understands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.clients.auth import certificates as client
from infra.clients.auth import tls_ports
from infra.pki import authority, certificate_parsing, kubeconfigs, scenario_certificates
from infra.pki.authority import VALIDITY
from infra.pki.certificate_parsing import Found
from infra.pki.identities import Identity
from infra.pki.material import Material
from infra.pki.uses import ITS_AUTHORITY, Use, uses
from tests.mutants.forging import another_group
from tests.steps.auth import certificates as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, evidence, goes_red, not_judged

SPEC = cluster().spec
NAMES = "CN, every O, extended usages and alternative names are as built"
SCHEDULER = Use("controller-2", "kube-scheduler", "--kubeconfig", "kube-scheduler")
KUBELET = Use("worker-1", "kubelet", "tlsCertFile", "worker-1")
CLIENT_CA = Use("controller-2", "kube-apiserver", "--client-ca-file", "ca")
SERVER = Use("controller-2", "kube-apiserver", "--tls-cert-file", "kube-apiserver")


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return authority.create_all(SPEC, tmp_path_factory.mktemp("pki"))


@pytest.fixture
def live(material: Material) -> Any:
    return cluster(material=material, addresses={})


@pytest.fixture
def files(material: Material) -> list[Found]:
    """What every component of a good cluster goes by."""
    return [
        certificate_parsing.from_pem(
            f"{use.machine}:/{use.wants}.pem", material.cert(use.wants), use
        )
        for machine in SPEC.machines
        for use in uses(machine)
    ]


def with_use(files: list[Found], use: Use, *others: Found) -> list[Found]:
    return [one for one in files if one.use != use] + [replace(one, use=use) for one in others]


def issued(material: Material, name: str, **changes: Any) -> Found:
    row = next(row for row in client.identities(SPEC) if row.name == name)
    return of(material, replace(row, **changes), row.authority)


def of(material: Material, row: Identity, signer: str) -> Found:
    now = datetime.now(UTC).replace(microsecond=0)
    pair = authority.issue(
        authority.load(material, signer), row, not_before=now, not_after=now + VALIDITY
    )
    return certificate_parsing.from_pem("m:/x.pem", pair.certificate_pem)


def built(material: Material, name: str) -> Found:
    return certificate_parsing.from_pem(f"m:/{name}.pem", material.cert(name))


def names_whom(live: Any, found: list[Found]) -> None:
    steps.as_issued(live, found, "has the names and usages it was issued with, and no others")


def signed_by_own(live: Any, found: list[Found]) -> None:
    steps.as_issued(live, found, "is signed by its own CA and by no other CA")


def test_certificates_as_built_pass(live: Any, files: list[Found], material: Material) -> None:
    beside = [built(material, "worker-0"), built(material, "ca")]  # files that nobody goes by
    steps.one_each(live, files)
    steps.valid_for(files + beside, 8760)
    names_whom(live, files + beside)
    signed_by_own(live, files + beside)


def test_a_standby_with_anothers_kubeconfig(
    live: Any, files: list[Found], material: Material
) -> None:
    wrong = with_use(files, SCHEDULER, built(material, "kube-controller-manager"))
    words = "kube-scheduler of controller-2 by --kubeconfig .* is for 'system:kube-controller-man"
    goes_red(words, names_whom, live, wrong)


def test_a_kubelet_in_a_second_group(live: Any, files: list[Found], material: Material) -> None:
    both = certificate_parsing.from_pem(
        "m:/x.pem", another_group(material, "worker-1").certificate_pem
    )
    words = r"worker-1 by tlsCertFile .* is in groups \['system:masters', 'system:nodes'\], must"
    goes_red(words, names_whom, live, with_use(files, KUBELET, both))


def row_of(name: str) -> Identity:
    return next(row for row in client.identities(SPEC) if row.name == name)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"names": ("*.internal",)}, r"also names \['\*.internal'\]"),
        ({"names": ()}, r"lacks \['controller-0'"),
        ({"usages": ()}, r"is good for any use, must be for \['server'\]"),
        ({"common_name": "x"}, "is for 'x', must be for 'kube-apiserver'"),
    ],
)
def test_a_server_with_other_names_or_uses(
    live: Any, files: list[Found], material: Material, changes: dict[str, Any], words: str
) -> None:
    row = row_of("kube-apiserver")
    if changes.get("names"):
        changes = {"names": (*row.names, *changes["names"])}
    wrong = with_use(files, SERVER, issued(material, "kube-apiserver", **changes))
    goes_red(words, names_whom, live, wrong)


def test_an_authority_where_a_leaf_should_be(
    live: Any, files: list[Found], material: Material
) -> None:
    wrong = with_use(files, SERVER, built(material, "ca"))
    goes_red("may sign certificates", names_whom, live, wrong)


def test_a_server_that_trusts_two_authorities(
    live: Any, files: list[Found], material: Material
) -> None:
    two = with_use(files, CLIENT_CA, built(material, "ca"), built(material, "etcd-ca"))
    words = "kube-apiserver of controller-2 by --client-ca-file has 2, kubernetes-ca and etcd-ca"
    goes_red(words, steps.one_each, live, two)
    goes_red("is another authority 'etcd-ca' than the build's", signed_by_own, live, two)
    none = with_use(files, CLIENT_CA)
    goes_red("--client-ca-file has no certificate", steps.one_each, live, none)


def test_an_authority_of_the_right_name_only(live: Any, files: list[Found]) -> None:
    stranger = authority.new_authority("kubernetes-ca", datetime.now(UTC))
    found = certificate_parsing.from_pem("m:/ca.pem", stranger.certificate_pem)
    wrong = with_use(files, CLIENT_CA, found)
    goes_red("is another authority 'kubernetes-ca'", signed_by_own, live, wrong)


def test_a_leaf_of_another_authority(live: Any, files: list[Found], material: Material) -> None:
    odd = of(material, row_of("kube-apiserver"), "etcd-ca")
    words = r"\(m:/x.pem\) is signed by etcd-ca, must be by ca"
    goes_red(words, signed_by_own, live, with_use(files, SERVER, odd))


def test_certificates_that_end_or_lie_about(
    live: Any, files: list[Found], material: Material, tmp_path: Path
) -> None:
    goes_red("lasts 365 days", steps.valid_for, files, 9000)
    ended = scenario_certificates.administrator(material, tmp_path, ends=-timedelta(days=1))
    over = certificate_parsing.from_pem("m:/ended.pem", ended.with_suffix(".pem").read_bytes())
    goes_red(r"m:/ended.pem \(kubernetes-admin\) ends", steps.valid_for, [over], 24)
    goes_red("for 'kubernetes-admin', whom nobody built", names_whom, live, [over])


def test_what_a_process_was_started_with_is_read(material: Material) -> None:
    config = kubeconfigs.kubeconfig(material, "kube-scheduler", "https://127.0.0.1:6443").decode()
    bundle = (material.cert("ca") + material.cert("etcd-ca")).decode()
    words = "kube-scheduler\0--kubeconfig=/k/own.kubeconfig\0--client-ca-file=/k/two.pem\0"
    answers = {
        "systemctl show": "ActiveState=active\nMainPID=7\n",
        "cat /proc/7/cmdline": words,
        "cat /k/own.kubeconfig": config,
        "cat /k/two.pem": bundle,
    }
    shell = FakeShell("controller-2", answers)
    found = client.of_component(shell, SPEC.machine("controller-2"), "kube-scheduler")
    seen = {(str(one.use and one.use.flag), one.common_name) for one in found}
    assert seen == {
        ("--kubeconfig", "system:kube-scheduler"),
        ("--kubeconfig" + ITS_AUTHORITY, "kubernetes-ca"),
        ("--client-ca-file", "kubernetes-ca"),
        ("--client-ca-file", "etcd-ca"),
    }
    shell.answers["systemctl show"] = "ActiveState=failed\nMainPID=0\n"
    words = "kube-scheduler on controller-2 runs: not within"
    machine = SPEC.machine("controller-2")
    not_judged(words, client.of_component, shell, machine, "kube-scheduler")


def test_settings_of_a_kubelet_are_found_by_their_path(material: Material) -> None:
    answers = {
        "systemctl show": "ActiveState=active\nMainPID=7\n",
        "cat /proc/7/cmdline": "kubelet\0--config=/k/config\0",
        "cat /k/config": "authentication: {x509: {clientCAFile: /k/ca.pem}}\n",
    }
    settings = client.started_with(FakeShell("worker-0", answers), "kubelet")
    assert settings["authentication.x509.clientCAFile"] == "/k/ca.pem"


def test_ports_that_serve_something_else(
    live: Any, files: list[Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_ports, "served", lambda *_, **__: files[0])
    goes_red("controller-0:2379 serves", steps.ports_serve_files, live, files)
    goes_red("controller-0:2379 by trust in ca", steps.trusting_client, live, "another CA refuses")
    monkeypatch.setattr(tls_ports, "verdict", lambda *_: "IP address mismatch")
    own = "the port's CA accepts"
    goes_red("controller-0:2379: IP address mismatch", steps.trusting_client, live, own)


def test_the_record_tells_who_goes_by_what(
    live: Any, files: list[Found], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "files", lambda _: files)
    assert steps.certificate_files(live, evidence()) == files


def test_an_ended_certificate_that_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"ended": {"c": 200}, "valid": {"c": 200}}
    monkeypatch.setattr(tls_ports, "answers", lambda _, stem: said[stem.name])
    ended, valid = "expired a day ago", steps.VALID
    step, both = steps.answered, {ended: Path("/ended"), valid: Path("/valid")}
    goes_red("answered 401; instead: c answers 200", step, cluster(), both, 401, ended)
    step(cluster(), both, 200, valid)
    said["valid"] = {"c": 401}
    not_judged("the valid one should be 200: .*c answers 401", step, cluster(), both, 200, valid)
