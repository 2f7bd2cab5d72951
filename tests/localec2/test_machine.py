"""One real machine through its life. Kernel and image come from the cache, or are built first.

The tests share the machine and leave it running; each starts from there.
"""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.localec2 import service
from infra.localec2.host import instance_types, namespaces, process_identity, records
from infra.wait import eventually
from tests.localec2.bare import Boots
from tests.localec2.cloud import ENDS, NAME, Cloud, launched, opened


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, boots: Boots) -> Iterator[Cloud]:
    with launched(tmp_path_factory.mktemp("state"), boots) as made:
        yield made


def test_it_is_the_machine_that_was_asked_for(cloud: Cloud) -> None:
    assert cloud.run("hostname") == NAME
    assert "10.0.1.11/24" in cloud.run("ip", "-brief", "address", "show", "vec0")
    assert cloud.run("systemctl", "is-system-running", "--wait") == "running"


def test_its_programs_sleep_coarsely(cloud: Cloud) -> None:
    """A third of what an idle cluster took of the computer were sleeps of 20 us (docs/adr/0010)."""
    assert cloud.run("cat", "/proc/self/timerslack_ns") == "4000000"


def test_what_it_holds_of_the_computer_is_known(cloud: Cloud) -> None:
    """Else one more machine is refused for want of memory that others already have."""
    held = records.held_mib(service.running(cloud.place)[cloud.id].pid)
    assert 50 < held < instance_types.memory_mib("t3.small")


def test_its_console_is_told(cloud: Cloud) -> None:
    assert "Linux version" in cloud.api.get_console_output(InstanceId=cloud.id)["Output"]


def test_stop_keeps_the_disk_and_start_boots_it(cloud: Cloud) -> None:
    cloud.run("touch", "/root/kept")
    cloud.api.stop_instances(InstanceIds=[cloud.id])
    cloud.becomes("stopped")
    assert cloud.id not in service.running(cloud.place)
    assert cloud.reason() == "Client.UserInitiatedShutdown"
    assert (
        "reboot: Restarting system" in cloud.api.get_console_output(InstanceId=cloud.id)["Output"]
    ), "it went down in order"
    cloud.api.start_instances(InstanceIds=[cloud.id])
    cloud.answers()
    assert cloud.run("ls", "/root/kept") == "/root/kept"
    assert cloud.run("hostname") == NAME


def test_reboot_is_a_new_boot_of_the_same_process(cloud: Cloud) -> None:
    process, boot = cloud.process(), boot_id(cloud)
    cloud.api.reboot_instances(InstanceIds=[cloud.id])
    eventually(cloud.check, lambda s: s != "ok", within=5, what="status check fails", every=0.05)
    cloud.answers()
    assert cloud.process() == process
    assert boot_id(cloud) != boot


def test_a_machine_that_is_powered_off_from_inside_is_stopped(cloud: Cloud) -> None:
    cloud.run("systemd-run", "--on-active=0.1", "--timer-property=AccuracySec=1ms", "poweroff")
    cloud.becomes("stopped")
    assert cloud.reason() == "Client.InstanceInitiatedShutdown"
    cloud.api.start_instances(InstanceIds=[cloud.id])
    cloud.answers()


def test_a_machine_whose_kernel_dies_is_stopped_and_says_so(cloud: Cloud) -> None:
    assert process_identity.send(cloud.process(), signal.SIGKILL)
    cloud.becomes("stopped")
    assert cloud.reason() == "Server.InternalError"
    cloud.api.start_instances(InstanceIds=[cloud.id])
    cloud.answers()


def test_a_killed_daemon_loses_nothing(cloud: Cloud) -> None:
    process = cloud.process()
    daemon = cloud.daemon()
    assert process_identity.send(daemon, signal.SIGKILL)
    assert process_identity.ended(daemon, within=5)
    cloud.start()
    assert cloud.state_name() == "running", "its first answer is of what runs"
    assert cloud.daemon() != daemon
    cloud.answers()
    assert cloud.process() == process


def test_a_second_start_finds_the_first(cloud: Cloud) -> None:
    daemon = cloud.daemon()
    cloud.start()
    assert cloud.daemon() == daemon


def test_disks_can_be_kept(cloud: Cloud) -> None:
    """The last with this machine: its namespace is gone afterwards, and a new one is made."""
    cloud.run("touch", "/root/kept-too")
    service.stop(cloud.state, keep_disks=True)
    assert nothing_runs(cloud)
    cloud.start()
    with namespaces.visiting(cloud.endpoint.netns):
        cloud.answers()
        assert cloud.run("ls", "/root/kept-too") == "/root/kept-too"


def test_terminate_frees_everything(cloud: Cloud) -> None:
    with namespaces.visiting(cloud.endpoint.netns):
        cloud.api.terminate_instances(InstanceIds=[cloud.id])
        cloud.becomes("terminated")
        eventually(
            lambda: namespaces.interfaces(cloud.place.name),
            lambda found: found == (),
            within=ENDS,
            what="its port is gone",
            every=0.1,
        )
    assert service.running(cloud.place) == {}
    assert list(cloud.place.machines.iterdir()) == []


@pytest.mark.parametrize("daemon", ["serving", "killed"])
def test_stop_leaves_nothing(tmp_path: Path, boots: Boots, daemon: str) -> None:
    cloud = opened(tmp_path, boots)
    with namespaces.visiting(cloud.endpoint.netns):
        cloud.launch()
        cloud.becomes("running")
    process = cloud.process()
    if daemon == "killed":
        process_identity.send(cloud.daemon(), signal.SIGKILL)
    service.stop(tmp_path)
    service.stop(tmp_path)
    assert not process_identity.alive(process)
    assert nothing_runs(cloud)
    assert [path.name for path in tmp_path.iterdir()] == ["ssh"]  # ours, not the service's
    mounts = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    assert cloud.place.name not in mounts.stdout


def nothing_runs(cloud: Cloud) -> bool:
    none = service.Status(serving=False, namespace=False, machines=())
    return service.status(cloud.state) == none and not cloud.place.sockets.exists()


def boot_id(cloud: Cloud) -> str:
    return cloud.run("cat", "/proc/sys/kernel/random/boot_id")
