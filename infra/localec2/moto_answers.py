"""EC2's answers: moto's, with states as observed and unknown input refused."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response

from infra.localec2 import moto_launch
from infra.localec2.moto_actions import PARAMETERS, known_filter
from infra.localec2.moto_backend import LocalBackend
from infra.localec2.moto_storage_answers import StorageAnswers

CONSOLE_BYTES = 64 * 1024
"""GetConsoleOutput returns the last 64 KB; source: API reference, GetConsoleOutput."""


class LocalAnswers(StorageAnswers):
    """One answer of the API; made anew for each call, on the local EC2's own backend."""

    def __init__(self, backend: LocalBackend) -> None:
        super().__init__()
        self._backend = backend
        # moto answers "pending" whatever the state; an own copy, as moto also writes into it
        self.RESPONSE_KEY_PATH_TO_TRANSFORMER = {
            path: change
            for path, change in EC2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER.items()
            if path != "RunInstances.Reservation.Instances.Instance.State"
        }

    @property
    def ec2_backend(self) -> LocalBackend:
        return self._backend

    def call_action(self) -> Any:
        """Parameters that moto drops in silence are refused."""
        action = self._get_action()
        unknown = self.params.keys() - PARAMETERS.get(action, self.params.keys())
        if not unknown:
            return super().call_action()
        names = ", ".join(sorted(unknown))
        fault = EC2ClientError(
            "UnsupportedOperation", f"The local EC2 does not know {names} of {action}."
        )
        return self.serialized(ActionResult(fault))

    def _filters_from_querystring(self) -> dict[str, Any]:
        filters: dict[str, Any] = super()._filters_from_querystring()
        for name in filters:
            if not known_filter(self._get_action(), name):
                raise EC2ClientError("InvalidParameterValue", f"The filter '{name}' is invalid")
        return filters

    def run_instances(self) -> ActionResult:
        params = dict(self.params)
        known = moto_launch.repeated(self._backend, params)
        if known is not None:
            return ActionResult(known)
        self.params["PrivateIpAddress"] = moto_launch.check(self._backend, params)
        moto_launch.room(self._backend, params["InstanceType"])
        result = super().run_instances()
        for instance in result.result.instances:
            moto_launch.keep_disk_values(instance, params)
        if params.get("ClientToken"):
            self._backend.tokens[params["ClientToken"]] = (
                moto_launch.fingerprint(params),
                result.result,
            )
        return result

    def start_instances(self) -> ActionResult:
        self.error_on_dryrun()
        ids = self._get_param("InstanceIds", [])
        for instance in self._backend.get_multi_instances_by_id(ids):
            if instance.state == "stopped":
                moto_launch.room(self._backend, instance.instance_type)
        return _changes("StartingInstances", self._backend.start_instances(ids))

    def stop_instances(self) -> ActionResult:
        self.error_on_dryrun()
        ids = self._get_param("InstanceIds", [])
        return _changes("StoppingInstances", self._backend.stop_instances(ids))

    def terminate_instances(self) -> ActionResult:
        self.error_on_dryrun()
        ids = self._get_param("InstanceIds", [])
        return _changes("TerminatingInstances", self._backend.terminate_instances(ids))

    def create_subnet(self) -> Any:
        self.params.setdefault("AvailabilityZone", f"{self.region}a")  # moto takes any at random
        return super().create_subnet()

    def create_security_group(self) -> Any:
        if not self._get_param("VpcId"):
            raise EC2ClientError("VPCIdNotSpecified", "No default VPC for this user.")
        return super().create_security_group()

    def delete_security_group(self) -> Any:
        group = self._backend.get_security_group_by_name_or_id(
            self._get_param("GroupId") or self._get_param("GroupName")
        )
        if group is not None and group.name == "default":
            raise EC2ClientError("CannotDelete", f"{group.id}: the default group stays.")
        return super().delete_security_group()

    def get_console_output(self) -> ActionResult:
        instance = self._backend.get_instance(self._get_param("InstanceId"))
        text = self._backend.console(instance.id)[-CONSOLE_BYTES:]
        return ActionResult(
            {
                "InstanceId": instance.id,
                "Timestamp": utcnow(),
                "Output": Base64EncodedString.from_raw_string(text),
            }
        )


def _changes(answer: str, changed: Any) -> ActionResult:
    return ActionResult(
        {
            answer: [
                {
                    "InstanceId": instance.id,
                    "CurrentState": instance.instance_state,
                    "PreviousState": previous,
                }
                for instance, previous in changed
            ]
        }
    )
