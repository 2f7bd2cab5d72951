"""Every kubelet asked as a plugin or a monitor would, without a plugin: nothing is left of it."""

from pytest_bdd import given, then

from infra.errors import CommandFailed
from suite.expect import must_be_none
from suite.node.device_plugins import DevicePlugin
from tests.steps.node.device_registration import API_VERSION, REGISTERED_WITH, registered_with
from tests.steps.phrases import phrase

Askers = list[DevicePlugin]


@given("a plugin client on every worker", target_fixture="asking")
def asking_programs(askers: Askers) -> Askers:
    return askers


@then(
    phrase(
        'every kubelet refuses a registration with {what:What} "{word:Name}", naming it',
        What=REGISTERED_WITH,
    )
)
def registrations_refused(asking: Askers, what: str, word: str) -> None:
    said = {one.shell.name: registered_with(one, what, word) for one in asking}
    wrong = [f"{node} says {words!r}" for node, words in said.items() if word not in words]
    name = f"version {word}" if what == API_VERSION else word
    must_be_none(wrong, f"every kubelet refuses {name}, naming it")


@then("every kubelet reports to monitoring agents that no container has a device")
def monitors_told(asking: Askers) -> None:
    must_be_none([text for one in asking for text in untold(one)], "kubelets tell monitors")


def untold(asker: DevicePlugin) -> list[str]:
    """What is wrong with what a kubelet tells monitors."""
    try:
        held = asker.all_holders()
    except CommandFailed as error:
        return [f"that of {asker.shell.name} does not answer: {error.stderr.strip()[:200]}"]
    return [f"that of {asker.shell.name} tells of {one}" for one in held]
