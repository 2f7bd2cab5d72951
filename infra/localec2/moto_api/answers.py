"""EC2's answers: moto's, with states as observed and unknown input refused."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response

from infra.localec2.moto_api import pages, requests, run_instances_checks
from infra.localec2.moto_api.actions import known_filter, names
from infra.localec2.moto_api.rules import RuleAnswers
from infra.localec2.moto_api.storage_answers import StorageAnswers
from infra.localec2.moto_api.tags import TagAnswers
from infra.localec2.moto_backend.backend import LocalBackend

CONSOLE_BYTES = 64 * 1024
"""GetConsoleOutput returns the last 64 KB; source: API reference, GetConsoleOutput."""

CHECKED = names("CopyVolumes CreateSnapshot CreateVolume ModifyVolume RunInstances")
"""Actions that check their parameters before they answer a dry run; the others answer at once."""
ALL = 2**31 - 1
"""More than there is: pages are made in one place."""


class LocalAnswers(StorageAnswers, RuleAnswers, TagAnswers):
    """One answer of the API; made anew for each call, on the local EC2's own backend."""

    def __init__(self, backend: LocalBackend) -> None:
        super().__init__()
        self._backend = backend
        self._page: pages.Page | None = None
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
        """What moto drops in silence is refused or done here, a dry run changes nothing."""
        action = self._get_action()
        try:
            requests.check(action, self.params, self.data)
            self._filters_from_querystring()  # not every action of moto's reads them
            self._page = pages.asked(action, self.params)
            if action not in CHECKED:
                self.error_on_dryrun()
        except EC2ClientError as fault:
            return self.serialized(ActionResult(fault))
        return super().call_action()

    def serialized(self, action_result: ActionResult) -> Any:
        result = action_result.result
        if isinstance(result, dict):
            result = pages.shown(self._get_action(), result, self._backend.hides)
            action_result = ActionResult(self._page.cut(result) if self._page else result)
        return super().serialized(action_result)

    def _filters_from_querystring(self) -> dict[str, Any]:
        filters: dict[str, Any] = super()._filters_from_querystring()
        for name in filters:
            if not known_filter(self._get_action(), name):
                raise EC2ClientError("InvalidParameterValue", f"The filter '{name}' is invalid")
        if len(filters) < len(self._get_param("Filters", [])):  # moto keeps the last of two
            raise EC2ClientError("InvalidParameterValue", "A filter is given twice.")
        return filters

    def run_instances(self) -> ActionResult:
        params = dict(self.params)
        known = run_instances_checks.repeated(self._backend, params)
        if known is not None:
            self.error_on_dryrun()
            return ActionResult(known)
        self.params["PrivateIpAddress"] = run_instances_checks.check(self._backend, params)
        run_instances_checks.room(self._backend, params["InstanceType"])
        result = super().run_instances()
        for instance in result.result.instances:
            run_instances_checks.keep_disk_values(instance, params)
            for nic in instance.nics.values():
                nic.add_tags(self._parse_tag_specification().get("network-interface", {}))
        if params.get("ClientToken"):
            self._backend.tokens[params["ClientToken"]] = (
                run_instances_checks.fingerprint(params),
                result.result,
            )
        return result

    def start_instances(self) -> ActionResult:
        self.error_on_dryrun()
        ids = self._get_param("InstanceIds", [])
        for instance in self._backend.get_multi_instances_by_id(ids):
            if instance.state == "stopped":
                run_instances_checks.room(self._backend, instance.instance_type)
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

    def create_route_table(self) -> ActionResult:
        """Clients give each call a token of its own, which moto drops."""
        token, asked = self.params.get("ClientToken"), run_instances_checks.fingerprint(self.params)
        before, table = self._backend.table_tokens.get(token, (asked, None))
        if before != asked:
            raise EC2ClientError(
                "IdempotentParameterMismatch",
                f"The client token {token} was used with other parameters.",
            )
        if table is None or table.id not in self._backend.route_tables:
            table = super().create_route_table().result["RouteTable"]
        if token:
            self._backend.table_tokens[token] = (asked, table)
        return ActionResult({"RouteTable": table})

    def describe_instances(self) -> ActionResult:
        self.params["MaxResults"] = ALL
        return super().describe_instances()

    def describe_iam_instance_profile_associations(self) -> ActionResult:
        self.params["MaxItems"] = ALL
        return super().describe_iam_instance_profile_associations()

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
