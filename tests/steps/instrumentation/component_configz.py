"""What components are set to, as they tell it themselves (configz)."""

from collections.abc import Callable, Mapping

from pytest_bdd import given, then

from infra import observed_places
from infra.clients.instrumentation import configz
from infra.clients.node import kubelet
from infra.cluster import Cluster
from infra.kube_api import JsonObject
from suite.expect import must_be_none
from tests.steps.phrases import one_of, phrase

Settings = dict[str, JsonObject]
"""Settings by machine."""


def of_kubelets(cluster: Cluster) -> Settings:
    return {w.name: kubelet.settings(cluster.api, w.name) for w in cluster.spec.workers}


def of_controller_managers(cluster: Cluster) -> Settings:
    return configz.of_each(cluster, configz.MANAGER)


CONFIGURED: Mapping[str, Callable[[Cluster], Settings]] = {
    "controller manager": of_controller_managers,
    "kubelet": of_kubelets,
}
COMPONENT = one_of(CONFIGURED)


@given(
    phrase("the settings of every {component:Component}", Component=COMPONENT),
    target_fixture="component_settings",
)
def settings_of_components(cluster: Cluster, component: str) -> Settings:
    return CONFIGURED[component](cluster)


@then(phrase("every {component:Component} is set to", Component=COMPONENT))
def set_to(component_settings: Settings, component: str, datatable: list[list[str]]) -> None:
    wanted = dict(datatable[1:])
    wrong = [
        f"{machine}: {name} is {seen}, must be {value}"
        for machine, settings in judged(component_settings)
        for name, value in wanted.items()
        if str(seen := setting(settings, name)) != value
    ]
    must_be_none(wrong, f"{component}s keep the documented defaults")


@then(phrase('every kubelet evicts for "{signal:Name}" at "{threshold}"'))
def evicts_at(component_settings: Settings, signal: str, threshold: str) -> None:
    found = judged(component_settings)
    seen = {node: s.get("evictionHard", {}).get(signal) for node, s in found}
    wrong = [f"{node}: at {value}" for node, value in seen.items() if value != threshold]
    must_be_none(wrong, f"kubelets evict for {signal} at {threshold}")


def setting(settings: JsonObject, name: str) -> object:
    """By its name, with those of its parents before dots."""
    found: object = settings
    for part in name.split("."):
        found = found.get(part, "absent") if isinstance(found, dict) else "absent"
    return found


def judged(settings: Settings) -> list[tuple[str, JsonObject]]:
    """Each machine with its settings: what was read before is judged now."""
    for machine in settings:
        observed_places.looked(machine)
    return list(settings.items())
