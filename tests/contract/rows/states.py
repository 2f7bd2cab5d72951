"""States are facts: a call answers what is wanted, an observation what is."""

from tests.contract.rows.registry import row
from tests.contract.world import World, refused


@row
def launched_is_pending_until_observed(world: World) -> None:
    instance = world.launch()
    assert world.state(instance) == "pending"
    world.settle()
    assert world.state(instance) == "running"


@row
def stopped_is_stopping_until_observed(world: World) -> None:
    instance = world.running()
    answer = world.ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"][0]
    assert answer["PreviousState"]["Name"] == "running"
    assert (answer["CurrentState"]["Name"], world.state(instance)) == ("stopping", "stopping")
    world.settle()
    assert world.state(instance) == "stopped"


@row
def started_is_pending_until_observed(world: World) -> None:
    instance = world.running()
    world.ec2.stop_instances(InstanceIds=[instance])
    world.settle()
    world.ec2.start_instances(InstanceIds=[instance])
    assert world.state(instance) == "pending"
    world.settle()
    assert world.state(instance) == "running"


@row
def terminated_is_shutting_down_until_observed(world: World) -> None:
    instance = world.running()
    world.ec2.terminate_instances(InstanceIds=[instance])
    assert world.state(instance) == "shutting-down"
    world.settle()
    assert world.state(instance) == "terminated"


@row
def terminated_cannot_be_started(world: World) -> None:
    instance = world.running()
    world.terminate(instance)
    with refused("IncorrectInstanceState"):
        world.ec2.start_instances(InstanceIds=[instance])


@row
def terminated_cannot_be_stopped(world: World) -> None:
    instance = world.running()
    world.terminate(instance)
    with refused("IncorrectInstanceState"):
        world.ec2.stop_instances(InstanceIds=[instance])


@row
def stopped_cannot_be_rebooted(world: World) -> None:
    instance = world.running()
    world.ec2.stop_instances(InstanceIds=[instance])
    world.settle()
    with refused("IncorrectInstanceState"):
        world.ec2.reboot_instances(InstanceIds=[instance])


@row
def stop_of_two_changes_none_when_one_is_refused(world: World) -> None:
    first, second = world.running(), world.running()
    world.terminate(second)
    with refused("IncorrectInstanceState"):
        world.ec2.stop_instances(InstanceIds=[first, second])
    assert world.state(first) == "running"


@row
def termination_of_two_ends_none_when_one_is_protected(world: World) -> None:
    first, second = world.running(), world.running()
    world.ec2.modify_instance_attribute(InstanceId=second, DisableApiTermination={"Value": True})
    with refused("OperationNotPermitted"):
        world.ec2.terminate_instances(InstanceIds=[first, second])
    assert world.state(first) == "running"


@row
def console_output_is_the_machines(world: World) -> None:
    if world.front:
        world.front.console = lambda ident: f"console of {ident}"
    instance = world.running()
    output = world.ec2.get_console_output(InstanceId=instance)["Output"]
    assert output == f"console of {instance}"


@row
def status_is_initializing_until_reachable(world: World) -> None:
    instance = world.running()

    def status() -> str:
        answer = world.ec2.describe_instance_status(InstanceIds=[instance])
        return str(answer["InstanceStatuses"][0]["InstanceStatus"]["Status"])

    assert status() == "initializing"
    world.front.reachable(instance, ok=True)
    assert status() == "ok"
    world.ec2.reboot_instances(InstanceIds=[instance])
    assert status() == "initializing"
