"""Phrases about certificates: files on machines, TLS ports, and a client's that is over."""

from datetime import timedelta
from pathlib import Path

from pytest_bdd import given, then

from fixtures.recording import Evidence
from infra.clients import certificates
from infra.clients.running import must_be_none
from infra.cluster import Cluster
from infra.errors import LabError, require
from infra.pki import passing, reading
from infra.pki.reading import Found
from tests.steps.phrases import phrase


@given("the certificate files of all machines", target_fixture="found")
def certificate_files(cluster: Cluster, evidence: Evidence) -> list[Found]:
    found = certificates.files(cluster)
    if not found:
        raise LabError("no machine has a certificate file where articles 4 to 12 put them")
    rows = [[f.place, f.common_name, f.organization, f.ends.isoformat()] for f in found]
    columns = ["file", "CN", "O", "ends"]
    evidence.record("certificates", "table", {"columns": columns, "rows": rows})
    return found


@given("an administrator's certificate that ended a day ago", target_fixture="ended")
def ended_certificate(cluster: Cluster, tmp_path: Path) -> Path:
    return passing.administrator(cluster.material, tmp_path, ends=-timedelta(days=1))


@given("one that is valid until tomorrow", target_fixture="valid")
def valid_certificate(cluster: Cluster, tmp_path: Path) -> Path:
    return passing.administrator(cluster.material, tmp_path, ends=timedelta(days=1))


@then("every identity of the build is among them")
def every_identity(cluster: Cluster, found: list[Found]) -> None:
    absent = reading.absent(found, certificates.built(cluster))
    must_be_none(absent, "every identity of the build has a certificate on some machine")


@then(phrase("each is valid for {hours:Count} hours and not over"))
def valid_for(found: list[Found], hours: int) -> None:
    """Article 4: 8760 h of the profile; compared as notAfter - notBefore, not as text."""
    must_be_none(reading.wrong_lifetime(found, hours=hours), f"each is valid for {hours} h")


@then("each names whom it was built for")
def names_whom(cluster: Cluster, found: list[Found]) -> None:
    wrong = reading.wrong_names(found, certificates.built(cluster))
    must_be_none(wrong, "CN, O and alternative names are as built")


@then("each is signed by its own authority and by neither of the others")
def signed_by_own(cluster: Cluster, found: list[Found]) -> None:
    wrong = reading.wrong_signers(found, certificates.built(cluster))
    must_be_none(wrong, "each is signed by its own authority of the three and by no other")


@then("every TLS port of etcd, API servers and kubelets serves the file of its machine")
def ports_serve_files(cluster: Cluster, found: list[Found]) -> None:
    wrong = certificates.wrongly_served(cluster, found)
    must_be_none(wrong, "each port serves the certificate in its machine's file")


@then("a client that trusts its authority accepts it")
def own_accepts(cluster: Cluster) -> None:
    wrong = certificates.refused_by_own(cluster)
    must_be_none(wrong, "a client that trusts the right authority accepts each port")


@then("a client that trusts another authority refuses it")
def others_refuse(cluster: Cluster) -> None:
    wrong = certificates.accepted_by_others(cluster)
    must_be_none(wrong, "a client that trusts another authority refuses each port")


@then("every API server answers 401 to the first and 200 to the second")
def ended_is_refused(cluster: Cluster, ended: Path, valid: Path) -> None:
    refused, let_in = (
        certificates.answers(cluster, ended),
        certificates.answers(cluster, valid),
    )
    require(set(let_in.values()) == {200}, f"the valid one was answered {let_in} (control)")
    assert set(refused.values()) == {401}, f"the ended one was answered {refused}"
