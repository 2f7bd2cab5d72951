"""Serving certificates replaced in place."""

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from fixtures.worlds.faults import Faults
from infra.clients.apimachinery.single_watch import OpenWatch
from infra.clients.auth import serving_cert_rotation, tls_ports
from infra.clients.auth.serving_cert_rotation import Serving, servers
from infra.clients.transport import systemd
from infra.cluster import Cluster
from infra.errors import ClaimError, NotJudged, preparing, require
from infra.machine_layout import SERIES
from infra.pki.certificate_parsing import Found
from infra.timing import ACCESS, scaled
from infra.wait import eventually
from suite.expect import must_be_none, stays
from tests.steps.phrases import one_of, phrase

SERVER = one_of(servers(SERIES))
WHICH = one_of(["new", "old"])


@given(
    phrase("the TLS port of {component:Server}, its certificate and its process", Server=SERVER),
    target_fixture="serving",
)
def serving(cluster: Cluster, component: str) -> Serving:
    return serving_cert_rotation.look(cluster, component)


@given("a watch at the same API server", target_fixture="watch")
def open_watch(cluster: Cluster, serving: Serving, namespace: str) -> OpenWatch:
    """It tells of what is made while nothing has changed yet (control)."""
    path = config_maps(namespace)
    watch = OpenWatch(cluster.api_of(serving.port.machine), path).open()
    with preparing():
        await_told(cluster, watch, path, "made-before")
    return watch


@when("the certificate and key of the port are replaced by newly issued ones", target_fixture="new")
def replace_pair(cluster: Cluster, faults: Faults, serving: Serving) -> Found:
    pair = serving_cert_rotation.newly_issued(cluster, serving)
    for path, content in zip(serving.files, (pair.certificate_pem, pair.key_pem), strict=True):
        faults.replace(serving.port.machine, path, content)
    return Found("newly issued", pair.certificate)


@when("the old certificate and key are put back")
def put_back(faults: Faults, serving: Serving) -> None:
    for path in serving.files:
        faults.put_back(serving.port.machine, path)


@then(
    phrase(
        "within {limit:Duration} the port serves the {which:Which} certificate, for the same names",
        Which=WHICH,
    )
)
def serves(
    cluster: Cluster, serving: Serving, new: Found, evidence: Evidence, limit: float, which: str
) -> None:
    wanted = new if which == "new" else serving.old
    await_served(cluster, serving, wanted, limit)
    rows = [(f"{one.certificate.serial_number:x}", f"{one.ends}") for one in (serving.old, new)]
    evidence.table(f"served by {serving.port}, old and new", "serial, ends", rows)
    if not serving_cert_rotation.alike(serving.old, wanted):
        raise ClaimError(f"the {which} certificate of {serving.port} is for other names")


@then(
    phrase(
        "within {limit:Duration} the port serves the {which:Which} certificate to clients that "
        "send its server name",
        Which=WHICH,
    )
)
def serves_by_name(
    cluster: Cluster, serving: Serving, new: Found, limit: float, which: str
) -> None:
    wanted = new if which == "new" else serving.old
    await_served(cluster, serving, wanted, limit, name=serving.port.machine)


@then(
    phrase(
        "for {lasting:Duration} the port serves the {which:Which} certificate to clients that "
        "dial by address",
        Which=WHICH,
    )
)
def serves_by_address(
    cluster: Cluster, serving: Serving, new: Found, lasting: float, which: str
) -> None:
    wanted = new if which == "new" else serving.old
    what = f"{serving.port} serves the {which} certificate to who dials its address"
    stays(lambda: otherwise_served(cluster, serving, wanted), lasting, what)


@then("the open watch reports an object that is created")
def watch_goes_on(cluster: Cluster, watch: OpenWatch, namespace: str) -> None:
    await_told(cluster, watch, config_maps(namespace), "made-after")


@then("the same port on every other machine serves the same certificate")
def others_unchanged(cluster: Cluster, serving: Serving) -> None:
    require(serving.others, f"{serving.port} is the only one of its kind")
    must_be_none(
        serving_cert_rotation.changed_others(cluster, serving),
        "other machines serve what they served",
    )


@then("the process of the port is the same")
def same_process(cluster: Cluster, serving: Serving) -> None:
    now, was = systemd.show(cluster.shell(serving.port.machine), serving.unit.name), serving.unit
    if (now.pid, now.started_us) != (was.pid, was.started_us):
        raise ClaimError(f"{was.name} of {was.machine} was process {was.pid}, it is {now.pid}")


def otherwise_served(cluster: Cluster, serving: Serving, wanted: Found) -> list[str]:
    shown = tls_ports.served(cluster, serving.port).fingerprint
    return [] if shown == wanted.fingerprint else [f"it serves {shown[:16]}"]


def await_served(
    cluster: Cluster, serving: Serving, wanted: Found, limit: float, *, name: str = ""
) -> None:
    """A new handshake at each look; one that fails between two files is looked past."""
    eventually(
        lambda: tls_ports.served(cluster, serving.port, name=name).fingerprint,
        lambda seen: seen == wanted.fingerprint,
        within=scaled(limit),
        what=f"{serving.port} serves {wanted.fingerprint[:16]}",
        transient=(NotJudged,),
    )


def config_maps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


def await_told(cluster: Cluster, watch: OpenWatch, path: str, name: str) -> None:
    cluster.api.create(path, {"metadata": {"name": name}})
    eventually(
        lambda: watch.told,
        lambda seen: name in seen[0],
        within=scaled(ACCESS),
        what=f"the watch that was open tells of {name}",
    )
