"""What kubelets are set to, as they tell it themselves (configz)."""

from pytest_bdd import given, then

from infra import observed_places
from infra.clients.node import kubelet
from infra.cluster import Cluster
from infra.kube_api import JsonObject
from suite.expect import must_be_none
from tests.steps.phrases import phrase

Settings = dict[str, JsonObject]
"""Settings by node."""


@given("the settings of every kubelet", target_fixture="kubelets")
def settings_of_kubelets(cluster: Cluster) -> Settings:
    return {w.name: kubelet.settings(cluster.api, w.name) for w in cluster.spec.workers}


@then("every kubelet is set to")
def set_to(kubelets: Settings, datatable: list[list[str]]) -> None:
    wanted = dict(datatable[1:])
    wrong = [
        f"{node}: {name} is {seen}, must be {value}"
        for node, settings in judged(kubelets)
        for name, value in wanted.items()
        if str(seen := setting(settings, name)) != value
    ]
    must_be_none(wrong, "kubelets keep the documented defaults")


@then(phrase('every kubelet evicts for "{signal:Name}" at "{threshold}"'))
def evicts_at(kubelets: Settings, signal: str, threshold: str) -> None:
    seen = {node: s.get("evictionHard", {}).get(signal) for node, s in judged(kubelets)}
    wrong = [f"{node}: at {value}" for node, value in seen.items() if value != threshold]
    must_be_none(wrong, f"kubelets evict for {signal} at {threshold}")


def setting(settings: JsonObject, name: str) -> object:
    """By its name, with those of its parents before dots."""
    found: object = settings
    for part in name.split("."):
        found = found.get(part, "absent") if isinstance(found, dict) else "absent"
    return found


def judged(kubelets: Settings) -> list[tuple[str, JsonObject]]:
    """Each worker with its settings: what was read before is judged now."""
    for node in kubelets:
        observed_places.looked(node)
    return list(kubelets.items())
