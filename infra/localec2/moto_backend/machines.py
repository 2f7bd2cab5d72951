"""Instances whose state is a fact: a call sets what is wanted, the reconciler says what is.

moto changes a state at once; AWS and we answer pending, stopping and shutting-down until it is so.
"""

import copy
from typing import Any, Literal

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import instances
from moto.ec2.models.instances import Instance, InstanceState, StateReason

CODES = {
    "pending": 0,
    "running": 16,
    "shutting-down": 32,
    "terminated": 48,
    "stopping": 64,
    "stopped": 80,
}
"""Source: API reference, type InstanceState."""

ACCEPTS = {
    "started": {"pending", "running", "stopped"},
    "stopped": {"running", "stopping", "stopped"},
    "rebooted": {"running"},
}
"""States from which an instance can be ...; source: EC2 user guide, instance lifecycle."""

USER = "Client.UserInitiatedShutdown: User initiated shutdown"
INSIDE = "Client.InstanceInitiatedShutdown: Instance initiated shutdown"

PASSED = {"Status": "ok", "Details": [{"Name": "reachability", "Status": "passed"}]}
INITIALIZING = {
    "Status": "initializing",
    "Details": [{"Name": "reachability", "Status": "initializing"}],
}


class LocalInstance(Instance):  # type: ignore[misc]  # moto is untyped
    """``wanted`` is what calls asked for, ``state`` what was observed; they meet in time."""

    wanted: Literal["running", "stopped", "terminated"] = "running"
    reboots: int = 0
    reachable: bool = False
    public_key: str | None = None
    nics: dict[int, Any]
    security_groups: list[Any]
    _private_ips: set[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.become("pending")
        pair = self.ec2_backend.key_pairs.get(self.key_name)
        self.public_key = pair.public_key.strip() if pair else None
        for nic in self.nics.values():
            nic.delete_on_termination = True  # as AWS does for the primary interface

    def become(self, state: str, *, reason: str | None = None) -> None:
        self._state = InstanceState(state, CODES[state])
        if state != "running":
            self.reachable = False
        if reason is not None:
            if reason and not reason.startswith(("Client.", "Server.")):
                reason = f"Server.InternalError: {reason}"
            self._reason = reason
            self.state_reason = StateReason(reason, reason.partition(":")[0])

    def require(self, verb: str) -> None:
        """The call ``verb`` (started, stopped, rebooted) is possible now.

        Errors: IncorrectInstanceState.
        """
        if self.state not in ACCEPTS[verb]:
            raise EC2ClientError(
                "IncorrectInstanceState",
                f"The instance '{self.id}' is not in a state from which it can be {verb}.",
            )

    def start(self) -> InstanceState:
        previous = self._state
        if self.state == "stopped":
            self.wanted = "running"
            for nic in self.nics.values():
                nic.start()
            self.become("pending", reason="")
        return previous

    def stop(self) -> InstanceState:
        previous = self._state
        if self.state == "running":
            self.wanted = "stopped"
            for nic in self.nics.values():
                nic.stop()
            self.become("stopping", reason=USER)
        return previous

    def reboot(self) -> None:
        self.reboots += 1
        self.reachable = False

    def terminate(self) -> InstanceState:
        previous = self._state
        if self.wanted != "terminated":
            self.wanted = "terminated"
            self.become("shutting-down", reason=USER)
        return previous

    def observed(self, state: str, *, reason: str) -> bool:
        """Whether the fact changed the instance.

        A fact that a later call has overtaken is ignored, so that a slow look never undoes a call.
        """
        if self.state in {"terminated", state} or not self._credible(state):
            return False
        if state == "terminated":
            self._release(reason)
        elif state == "stopped" and self.wanted == "running":
            self.wanted = "stopped"
            for nic in self.nics.values():
                nic.stop()
            self.become("stopped", reason=reason or INSIDE)
        else:
            self.become(state, reason=reason or None)
        return True

    def _credible(self, state: str) -> bool:
        if state == "terminated":
            return True
        if self.wanted == "running":
            # "stopped" from running: shut down from inside; from pending: seen before the start
            return state in {"pending", "running"} or (state, self.state) == ("stopped", "running")
        return state in {"stopped": {"stopping", "stopped"}}.get(self.wanted, {"shutting-down"})

    def _release(self, reason: str) -> None:
        """The interface, its addresses and its elastic address are free again."""
        for address in self.ec2_backend.addresses:
            if address.eni in self.nics.values():
                self.ec2_backend.disassociate_address(address=address.public_ip)
        # moto changes states in place: ours may have been handed out as "previous"
        self.become("shutting-down")
        kept = self._reason
        super().terminate()
        self.wanted = "terminated"
        self.become("terminated", reason=reason or kept or USER)
        self.nics, self._subnet_id, self.security_groups, self._private_ips = {}, None, [], set()

    @property
    def instance_id(self) -> str:
        """Moto puts an id into an answer by the name of the class, which is another one here."""
        return str(self.id)

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        """With the state of each attachment, which moto takes for attached at once."""
        volumes = self.ec2_backend.volumes
        mappings = []
        for device, block in self.get_block_device_mapping:
            shown = copy.copy(block)
            shown.status = volumes[block.volume_id].attachment.status
            mappings.append({"DeviceName": device, "Ebs": shown})
        return mappings

    @property
    def source_dest_check(self) -> bool:
        return self._source_dest_check

    @source_dest_check.setter
    def source_dest_check(self, value: bool | str) -> None:
        """One fact of the instance and of its interface."""
        self._source_dest_check = str(value).lower() == "true"
        for nic in getattr(self, "nics", {}).values():
            nic.source_dest_check = self._source_dest_check

    @property
    def private_ip(self) -> str | None:
        return self.nics[0].private_ip_address if self.nics else None

    @property
    def private_ip_address(self) -> str | None:
        return self.private_ip

    @property
    def private_dns_name(self) -> str:
        return super().private_dns_name if self.nics else ""

    @property
    def public_ip(self) -> str | None:
        return self.nics[0].public_ip if self.nics else None

    @property
    def public_ip_address(self) -> str | None:
        return self.public_ip

    @property
    def system_status(self) -> dict[str, Any]:
        return PASSED if self.state == "running" else {"Status": "not-applicable"}

    @property
    def instance_status(self) -> dict[str, Any]:
        if self.state != "running":
            return {"Status": "not-applicable"}
        return PASSED if self.reachable else INITIALIZING


instances.Instance = LocalInstance  # run_instances makes the class its module names
