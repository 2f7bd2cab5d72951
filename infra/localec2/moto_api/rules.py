"""Rules of security groups: all of a call's or none; a refused call is not in the journal."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response


class RuleAnswers(EC2Response):  # type: ignore[misc]  # moto is untyped
    """The four actions that change rules; moto stops in the middle, and answers the last rule."""

    _backend: Any

    def authorize_security_group_ingress(self) -> ActionResult:
        return self._whole(super().authorize_security_group_ingress)

    def authorize_security_group_egress(self) -> ActionResult:
        return self._whole(super().authorize_security_group_egress)

    def revoke_security_group_ingress(self) -> ActionResult:
        return self._whole(super().revoke_security_group_ingress)

    def revoke_security_group_egress(self) -> ActionResult:
        return self._whole(super().revoke_security_group_egress)

    def _whole(self, change: Callable[[], ActionResult]) -> ActionResult:
        group = self._backend.get_security_group_from_id(self.params["GroupId"])
        if group is None:
            return change()  # which says so
        before = [*group.ingress_rules], [*group.egress_rules]
        tagged = {*self._backend.tags}
        try:
            answer = change().result
        except EC2ClientError:
            group.ingress_rules, group.egress_rules = before
            for ident in {*self._backend.tags} - tagged:
                del self._backend.tags[ident]
            raise
        if "SecurityGroupRules" not in answer:
            return ActionResult(answer)
        old = {rule.id for rules in before for rule in rules}
        now = [*group.ingress_rules, *group.egress_rules]
        added = [rule for rule in now if rule.id not in old]
        return ActionResult(answer | {"SecurityGroupRules": added})
