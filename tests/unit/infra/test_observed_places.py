"""Where a scenario looked, by what its clients told."""

from infra import observed_places
from infra.inventory import series

SPEC = series("x", kubernetes="v1.36.1", platform="local")
MACHINES = {str(machine.private_ip): str(machine.name) for machine in SPEC.machines}
WORKERS = [str(machine.name) for machine in SPEC.workers]
CONTROLLERS = [str(machine.name) for machine in SPEC.controllers]


def heard(*looks: tuple[str, int]) -> list[str]:
    return [observed_places.named(host, port, MACHINES, SPEC.layout.ports) for host, port in looks]


def recorded(tell: object, *given: object) -> list[str]:
    looks: list[tuple[str, int]] = []

    def listen(host: str, port: int) -> None:
        looks.append((host, port))

    observed_places.listeners.append(listen)
    try:
        tell(*given)  # type: ignore[operator]
    finally:
        observed_places.listeners.remove(listen)
    return heard(*looks)


def test_a_machine_an_api_server_and_a_member_are_different_places() -> None:
    assert heard(("worker-0", 0), ("10.0.1.21", 10250)) == ["worker-0", "worker-0"]
    assert heard(("10.0.1.12", 6443)) == ["API server of controller-1"]
    assert heard(("10.0.1.13", 2379)) == ["etcd of controller-2"]
    assert heard(("controller-2", observed_places.API_SERVER)) == ["API server of controller-2"]


def test_what_is_none_of_ours_is_no_place() -> None:
    assert heard(("10.200.0.7", 8080), ("example.com", 443), ("", 0)) == ["", "", ""]


def test_a_command_of_etcdctl_asks_the_members_it_names() -> None:
    argv = ["etcdctl", "--endpoints=https://10.0.1.11:2379,https://10.0.1.12:2379", "get", "x"]
    assert recorded(observed_places.looked_by_command, "controller-0", argv) == [
        "controller-0",
        "etcd of controller-0",
        "etcd of controller-1",
    ]


def test_a_request_by_way_of_a_node_looks_at_that_node() -> None:
    url = "https://10.0.1.10:6443/api/v1/nodes/worker-1/proxy/configz"
    assert recorded(observed_places.looked_by_request, url) == ["API server of lb", "worker-1"]
    assert recorded(
        observed_places.looked_by_request, "https://10.0.1.11:6443/api/v1/nodes/worker-1"
    ) == ["API server of controller-0"]


def test_each_means_each() -> None:
    def wanted(where: observed_places.Where) -> list[str]:
        return observed_places.wanted(where, workers=WORKERS, controllers=CONTROLLERS)

    assert wanted("each worker") == ["worker-0", "worker-1"]
    assert len(wanted("each API server")) == len(wanted("each member")) == 3
    assert wanted("each controller") == CONTROLLERS
    assert wanted("each machine") == [*CONTROLLERS, "worker-0", "worker-1"]
    assert wanted("any") == wanted("the leader") == []
