"""Phrases about certificates: files on machines, TLS ports, and a client's that is over."""

from datetime import timedelta
from pathlib import Path

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra import observed_places
from infra.clients.auth import certificates, client_ca_matrix, secret_files, tls_ports
from infra.clients.auth.client_ca_matrix import Tried
from infra.cluster import Cluster
from infra.errors import ClaimError, require
from infra.kube_api import Credentials
from infra.pki import judging, scenario_certificates
from infra.pki.reading import Found
from infra.pki.uses import uses
from suite.expect import must_be_none
from tests.steps.phrases import phrase


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


@given("an admin certificate that expired a day ago", target_fixture="ended")
def ended_certificate(cluster: Cluster, tmp_path: Path) -> Path:
    return scenario_certificates.administrator(cluster.material, tmp_path, ends=-timedelta(days=1))


@given("an admin certificate that expires tomorrow", target_fixture="valid")
def valid_certificate(cluster: Cluster, tmp_path: Path) -> Path:
    return scenario_certificates.administrator(cluster.material, tmp_path, ends=timedelta(days=1))


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
    must_be_none(judging.not_one_each(found, wanted), "there is one certificate for each use")


@then(phrase("each certificate is valid for {hours:Count} hours and not expired"))
def valid_for(found: list[Found], hours: int) -> None:
    """Article 4: 8760 h of the profile; compared as notAfter - notBefore, not as text."""
    must_be_none(judging.wrong_lifetime(found, hours=hours), f"each is valid for {hours} h")


@then("each certificate has the names and usages it was issued with, and no others")
def names_whom(cluster: Cluster, found: list[Found]) -> None:
    wrong = judging.wrong_names(found, certificates.built(cluster))
    must_be_none(wrong, "CN, every O, extended usages and alternative names are as built")


@then("each certificate is signed by its own CA and by no other CA")
def signed_by_own(cluster: Cluster, found: list[Found]) -> None:
    wrong = judging.wrong_signers(
        found, certificates.built(cluster), certificates.authorities(cluster)
    )
    must_be_none(wrong, "each is signed by its own authority of the three and by no other")


@then("only root may read the keys, and a CA key is only where certificates are signed")
def keys_are_kept(cluster: Cluster) -> None:
    found = secret_files.files(cluster)
    wrong = [file.wrong for file in found if file.wrong] + secret_files.misplaced(cluster, found)
    must_be_none(wrong, "only root reads keys and kubeconfigs")


@then("each port admits clients of its own CAs")
def own_let_in(tried: Tried) -> None:
    must_be_none(client_ca_matrix.kept_out(tried), "each port lets in clients of its own authority")


@then("no port admits a client of another CA")
def others_kept_out(tried: Tried) -> None:
    must_be_none(
        client_ca_matrix.let_in(tried), "a certificate opens the ports of its own authority only"
    )


@then(
    "every TLS port of etcd, API servers and kubelets serves the certificate in its machine's file"
)
def ports_serve_files(cluster: Cluster, found: list[Found]) -> None:
    wrong = tls_ports.wrongly_served(cluster, found)
    must_be_none(wrong, "each port serves the certificate in its machine's file")


@then("a client that trusts the port's CA accepts every TLS port")
def own_accepts(cluster: Cluster) -> None:
    wrong = tls_ports.refused_by_own(cluster)
    must_be_none(wrong, "a client that trusts the right authority accepts each port")


@then("a client that trusts another CA refuses every TLS port")
def others_refuse(cluster: Cluster) -> None:
    wrong = tls_ports.accepted_by_others(cluster)
    must_be_none(wrong, "a client that trusts another authority refuses each port")


@then("every API server answers 401 to the expired certificate and 200 to the valid one")
def ended_is_refused(cluster: Cluster, ended: Path, valid: Path) -> None:
    refused = tls_ports.answers(cluster, ended)
    good = tls_ports.answers(cluster, valid)
    require(set(good.values()) == {200}, f"the valid one was answered {good} (control)")
    if set(refused.values()) != {401}:
        raise ClaimError(f"the ended one should be refused with 401; it was answered {refused}")


def looked_at(found: list[Found]) -> None:
    for machine in dict.fromkeys(item.place.partition(":")[0] for item in found):
        observed_places.looked(machine)
