"""Facts of the reconciler become answers; late ones undo nothing."""

from tests.contract.world import World


def test_failed_launch_tells_why(local: World) -> None:
    ident = local.launch()
    local.front.observed(ident, "terminated", reason="no kernel")
    shown = local.describe(ident)
    assert shown["State"]["Name"] == "terminated"
    assert shown["StateReason"] == {
        "Code": "Server.InternalError",
        "Message": "Server.InternalError: no kernel",
    }
    assert local.front.wanted().instances == ()


def test_stop_keeps_its_reason(local: World) -> None:
    ident = local.running()
    local.ec2.stop_instances(InstanceIds=[ident])
    local.settle()
    assert local.describe(ident)["StateReason"]["Code"] == "Client.UserInitiatedShutdown"


def test_shutdown_from_inside_stops_it(local: World) -> None:
    ident = local.running()
    local.front.observed(ident, "stopped")
    assert local.state(ident) == "stopped"
    assert local.front.wanted().instances[0].wanted == "stopped"
    assert local.describe(ident)["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"


def test_crash_stops_it_with_its_reason(local: World) -> None:
    ident = local.running()
    local.front.observed(ident, "stopped", reason="kernel panic: not syncing")
    assert local.describe(ident)["StateReason"] == {
        "Code": "Server.InternalError",
        "Message": "Server.InternalError: kernel panic: not syncing",
    }


def test_late_looks_undo_nothing(local: World) -> None:
    ident = local.running()
    local.ec2.stop_instances(InstanceIds=[ident])
    local.front.observed(ident, "running")  # seen before the stop
    assert local.state(ident) == "stopping"
    local.settle()
    local.ec2.start_instances(InstanceIds=[ident])
    local.front.observed(ident, "stopped")  # seen before the start
    assert local.state(ident) == "pending"
    local.ec2.terminate_instances(InstanceIds=[ident])
    local.front.observed(ident, "running")
    assert local.state(ident) == "shutting-down"
    local.front.observed(ident, "terminated")
    local.front.observed(ident, "running")
    assert local.state(ident) == "terminated"


def test_reboots_are_counted(local: World) -> None:
    ident = local.running()
    local.ec2.reboot_instances(InstanceIds=[ident])
    assert local.front.wanted().instances[0].reboots == 1
    assert local.state(ident) == "running"


def test_route_whose_machine_is_unreachable_is_a_blackhole(local: World) -> None:
    cidr, table = "10.200.0.0/24", local.main_table()
    ident = local.running()
    local.ec2.create_route(RouteTableId=table, DestinationCidrBlock=cidr, InstanceId=ident)
    local.front.route_state(cidr, active=False)
    assert local.route_state(cidr) == "blackhole"
    local.front.route_state(cidr, active=True)
    assert local.route_state(cidr) == "active"


def test_dead_machine_is_not_reachable(local: World) -> None:
    ident = local.launch()
    local.front.reachable(ident, ok=True)
    local.settle()
    status = local.ec2.describe_instance_status(InstanceIds=[ident])["InstanceStatuses"][0]
    assert status["InstanceStatus"]["Status"] == "initializing"
