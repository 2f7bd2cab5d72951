"""In what a cluster that others built differs from the series': for the report of a run on it.

It asks what ``kfs describe`` asks of the API, and two Services. What could not be seen is told as
that, and stops no run.
"""

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from ipaddress import IPv4Network
from pathlib import Path

from infra.artifacts import catalog
from infra.cluster import Cluster
from infra.described.description import Description
from infra.errors import NotJudged
from infra.inventory import Network
from infra.kube_api import Api, JsonObject
from infra.machine_layout import SERIES, Layout
from infra.survey import nodes
from infra.survey.command_lines import Started, flags

UNITS = Path(__file__).parents[1] / "phases" / "files"
SERVICES = {
    "/api/v1/namespaces/default/services/kubernetes": ("the API's Service", "api_service"),
    "/api/v1/namespaces/kube-system/services/kube-dns": ("the DNS Service", "dns_service"),
}
"""What they are, and the field of the series' network with their address."""
MACHINES, VERSIONS, RANGES = "Machines", "Versions", "Networks"
PLACES, FLAGS, UNSEEN = "Places on machines", "Flags of components", "Not seen"
NOT_SET = "not set"
START = re.compile(r"^ExecStart=(.*?[^\\])$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Difference:
    """``series`` and ``here`` are what the one and the other has."""

    topic: str
    what: str
    series: str
    here: str


def recorded(cluster: Cluster, told: Description) -> list[dict[str, str]]:
    """As a run's record has them."""
    return [asdict(one) for one in differences(cluster, told)]


def differences(cluster: Cluster, told: Description) -> Iterator[Difference]:
    yield from of_machines(cluster, told)
    try:
        answers = nodes.look(cluster.api)
        found = cluster.api.get(nodes.NODES)["items"]
        yield from of_versions(told.kubernetes, found)
        yield from of_ranges(cluster.api, found)
        yield from of_flags(answers.components)
        yield from (Difference(UNSEEN, sentence, "", "") for sentence in answers.refused)
    except NotJudged as error:
        yield Difference(UNSEEN, str(error), "", "")
    yield from of_layout(told.layout.places)


def of_machines(cluster: Cluster, told: Description) -> Iterator[Difference]:
    control = "systemd units" if told.layout.has_systemd_control_plane else "static Pods"
    proxy = {"unit": "a systemd unit", "pods": "a DaemonSet", "none": "none"}[told.layout.proxy]
    balancer = any(one.role == "load-balancer" for one in told.machine)
    controllers = sum(one.is_controller for one in told.machine)
    both = ", ".join(one.name for one in told.machine if one.role == "controller+worker")
    rows = [
        ("controllers", "3", str(controllers or "not described")),
        ("workers that take Pods", "2", str(len(cluster.spec.workers))),
        ("a load balancer", "described", "described" if balancer else "not described"),
        ("controllers that are workers", "none", both or "none"),
        ("the control plane", "systemd units", control),
        ("kube-proxy", "a systemd unit", proxy),
    ]
    left_out = cluster.entrance.left_out if cluster.entrance else {}
    rows += [(f"node {name}", "takes Pods", why) for name, why in left_out.items()]
    yield from changed(MACHINES, rows)


def of_versions(kubernetes: str, found: Iterable[JsonObject]) -> Iterator[Difference]:
    """Of what nodes report; the series has one version of each."""
    minor = catalog.minor_of(kubernetes)
    known = minor if minor in catalog.all_minors() else catalog.default_minor()
    version = catalog.component_version(known, "containerd")
    runtime = f"containerd://{version}"
    rows = [("Kubernetes", catalog.series_version(), kubernetes)]
    for what, key, series in (
        ("the kubelets", "kubeletVersion", kubernetes),
        ("the container runtimes", "containerRuntimeVersion", runtime),
    ):
        by_value = defaultdict[str, list[str]](list)
        for node in found:
            value = str(node["status"].get("nodeInfo", {}).get(key, "not told"))
            by_value[value].append(str(node["metadata"]["name"]))
        here = "; ".join(
            value if len(by_value) == 1 else f"{value} on {', '.join(names)}"
            for value, names in by_value.items()
        )
        rows.append((what, series, here or "not told"))
    yield from changed(VERSIONS, rows)


def of_ranges(api: Api, found: Iterable[JsonObject]) -> Iterator[Difference]:
    network = Network()
    rows = []
    for path, (what, field) in SERVICES.items():
        service = api.find(path)
        here = str(service["spec"].get("clusterIP")) if service else "none of that name"
        rows.append((what, str(getattr(network, field)), here))
    for node in found:
        here = str(node["spec"].get("podCIDR") or "none in the Node")
        inside = "/" in here and ":" not in here and IPv4Network(here).subnet_of(network.pods)
        series = here if inside else f"in {network.pods}"
        rows.append((f"Pods of {node['metadata']['name']}", series, here))
    yield from changed(RANGES, rows)


def of_layout(places: Layout) -> Iterator[Difference]:
    rows = [
        (f"{table}.{name}", str(value), str(getattr(getattr(places, table), name)))
        for table, group in vars(SERIES).items()
        for name, value in vars(group).items()
    ]
    yield from changed(PLACES, rows)


def of_flags(started: Iterable[Started]) -> Iterator[Difference]:
    """Of components that run as Pods, whose command lines the API shows; machines that agree are
    told together. Paths and what is each cluster's own are compared by being set.
    """
    rows = defaultdict[tuple[str, str, str], list[str]](list)
    for one in started:
        series = of_series(one.component)
        for name in (
            (*series, *(name for name in one.flags if name not in series)) if series else ()
        ):
            wanted, here = series.get(name, NOT_SET), one.flags.get(name, NOT_SET)
            if is_other(wanted, here):
                rows[f"{one.component} --{name}", wanted, here].append(one.machine)
    for (what, wanted, here), machines in rows.items():
        yield Difference(FLAGS, what, wanted, f"{here} ({', '.join(machines)})")


def is_other(series: str, here: str) -> bool:
    own = "{{" in series or "/" in series
    return (here == NOT_SET) if own and series != NOT_SET else series != here


def of_series(component: str) -> Mapping[str, str]:
    """Flags of the series' unit by name; what a cluster decides has its template's words."""
    unit = UNITS / f"{component}.service"
    if not unit.exists() or not (found := START.search(unit.read_text())):
        return {}
    return flags(
        shlex.split(found[1].replace("{{ ", "{{").replace(" }}", "}}").replace("\\\n", " "))
    )


def changed(topic: str, rows: Iterable[tuple[str, str, str]]) -> Iterator[Difference]:
    """What is not as in the series, by (what, series, here)."""
    yield from (Difference(topic, *row) for row in rows if row[1] != row[2])
