"""Phrases about certificates: files on machines, TLS ports, and a client's that is over."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra import observed_places
from infra.clients.auth import certificates, client_ca_matrix, secret_files, tls_ports
from infra.clients.auth.client_ca_matrix import Tried
from infra.cluster import Cluster
from infra.errors import require
from infra.kube_api import Credentials
from infra.pki import certificate_checks, scenario_certificates
from infra.pki.certificate_parsing import Found
from infra.pki.uses import uses
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

VALID = "expires tomorrow"
EXPIRES = {"expired a day ago": -timedelta(days=1), VALID: timedelta(days=1)}
ADMITS: Mapping[str, Callable[[Tried], list[str]]] = {
    "admits clients of its own CAs": client_ca_matrix.kept_out,
    "refuses clients of other CAs": client_ca_matrix.let_in,
}
TRUSTING: Mapping[str, Callable[[Cluster], list[str]]] = {
    "the port's CA accepts": tls_ports.refused_by_own,
    "another CA refuses": tls_ports.accepted_by_others,
}


def misnamed(cluster: Cluster, found: list[Found]) -> list[str]:
    return certificate_checks.wrong_names(found, certificates.built(cluster))


def missigned(cluster: Cluster, found: list[Found]) -> list[str]:
    built, authorities = certificates.built(cluster), certificates.authorities(cluster)
    return certificate_checks.wrong_signers(found, built, authorities)


ISSUED: Mapping[str, Callable[[Cluster, list[Found]], list[str]]] = {
    "has the names and usages it was issued with, and no others": misnamed,
    "is signed by its own CA and by no other CA": missigned,
}
"""What is wrong with certificates; nothing is good."""


@given("the certificates of all machines, and the components that use them", target_fixture="found")
def certificate_files(cluster: Cluster, evidence: Evidence) -> list[Found]:
    found = certificates.files(cluster)
    rows = [[str(f), f.common_name, ", ".join(f.organizations), f.ends.isoformat()] for f in found]
    columns = ["used by (file)", "CN", "O", "ends"]
    evidence.record("certificates", "table", {"columns": columns, "rows": rows})
    return found


@given(
    "a client certificate of each CA, of an unknown CA, and of the front-proxy CA "
    "with another name",
    target_fixture="shown",
)
def clients_of_each(cluster: Cluster, tmp_path: Path) -> dict[str, Credentials]:
    return client_ca_matrix.clients(cluster, tmp_path)


@pytest.fixture
def admin_certificates() -> dict[str, Path]:
    """Of a scenario, by when they expire."""
    return {}


@given(phrase("an admin certificate that {expires:Expires}", Expires=one_of(EXPIRES)))
def admin_certificate(
    cluster: Cluster, tmp_path: Path, admin_certificates: dict[str, Path], expires: str
) -> None:
    admin_certificates[expires] = scenario_certificates.administrator(
        cluster.material, tmp_path, ends=EXPIRES[expires]
    )


@when(
    "each client certificate is presented to every port that requests one", target_fixture="tried"
)
def show_to_each(cluster: Cluster, shown: dict[str, Credentials], evidence: Evidence) -> Tried:
    tried = client_ca_matrix.tried(cluster, shown)
    rows = [[str(door), *answers.values()] for door, answers in tried.items()]
    evidence.record("answers", "table", {"columns": ["port", *shown], "rows": rows})
    return tried


@then("each component uses one certificate for each purpose")
def one_each(cluster: Cluster, found: list[Found]) -> None:
    wanted = [use for machine in cluster.spec.machines for use in uses(machine)]
    looked_at(found)
    must_be_none(
        certificate_checks.not_one_each(found, wanted), "there is one certificate for each use"
    )


@then(phrase("each certificate is valid for {hours:Count} hours and not expired"))
def valid_for(found: list[Found], hours: int) -> None:
    """Article 4: 8760 h of the profile; compared as notAfter - notBefore, not as text."""
    must_be_none(
        certificate_checks.wrong_lifetime(found, hours=hours), f"each is valid for {hours} h"
    )


@then(phrase("each certificate {issued:Issued}", Issued=one_of(ISSUED)))
def as_issued(cluster: Cluster, found: list[Found], issued: str) -> None:
    must_be_none(ISSUED[issued](cluster, found), f"each certificate {issued}")


@then("only root may read the keys, and a CA key is only where certificates are signed")
def keys_are_kept(cluster: Cluster) -> None:
    found = secret_files.files(cluster)
    wrong = [file.wrong for file in found if file.wrong] + secret_files.misplaced(cluster, found)
    wrong += secret_files.open_to_all(cluster)
    must_be_none(wrong, "only root reads keys and kubeconfigs")


@then(phrase("every port {admits:Admits}", Admits=one_of(ADMITS)))
def ports_admit(tried: Tried, admits: str) -> None:
    must_be_none(ADMITS[admits](tried), f"every port {admits}")


@then(
    "every TLS port of etcd, API servers and kubelets serves the certificate in its machine's file"
)
def ports_serve_files(cluster: Cluster, found: list[Found]) -> None:
    wrong = tls_ports.wrongly_served(cluster, found)
    must_be_none(wrong, "each port serves the certificate in its machine's file")


@then(phrase("a client that trusts {judges:Trusting} every TLS port", Trusting=one_of(TRUSTING)))
def trusting_client(cluster: Cluster, judges: str) -> None:
    must_be_none(TRUSTING[judges](cluster), f"a client that trusts {judges} every TLS port")


@then(
    phrase(
        "every API server answers {status:Count} to the certificate that {expires:Expires}",
        Expires=one_of(EXPIRES),
    )
)
def answered(
    cluster: Cluster, admin_certificates: dict[str, Path], status: int, expires: str
) -> None:
    """To one that is valid as a control."""
    seen = tls_ports.answers(cluster, admin_certificates[expires])
    wrong = [f"{machine} answers {found}" for machine, found in seen.items() if found != status]
    require(expires != VALID or not wrong, f"(control) the valid one should be {status}: {wrong}")
    must_be_none(wrong, f"one that {expires} is answered {status}")


def looked_at(found: list[Found]) -> None:
    for machine in dict.fromkeys(item.place.partition(":")[0] for item in found):
        observed_places.looked(machine)
