"""What was just made is not found everywhere at once: a call that names it is repeated for a while.

Source: Amazon EC2 API reference, "Eventual consistency". And a call that would make a second one,
were it repeated, is not: whether the first one made something is found by its tag (api.made).
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

VISIBLE_WITHIN = 30.0
"""Seconds in which AWS shows what it has just created."""
ID = re.compile(r"[a-z]+-[0-9a-f]{8,17}")
NAMES = frozenset({"KeyName", "RoleName", "InstanceProfileName"})
"""Fields of what is named by us and not by AWS."""
MAKES = ("Create", "Run", "Allocate", "Import")
ENDS = ("Delete", "Terminate", "Release")
UNDOES = (*ENDS, "Detach", "Disassociate", "Remove")
"""Calls whose first answer may be lost: then not found is what it shall be."""
TOO_MANY = frozenset({"RequestLimitExceeded", "Throttling"})
UNFOUND = re.compile(r"(?<!InvalidRoute\.)(?<!InvalidPermission\.)NotFound|NoSuchEntity")
"""Codes of what has an id or a name; a route and a rule have none."""
NAMED_BEFORE = frozenset({"EntityAlreadyExists", "InvalidKeyPair.Duplicate"})
"""Codes of a name that is taken: perhaps a moment ago, by a call whose answer was lost."""
ASKED = "kubernetes-from-scratch/asked"
"""Where a call's parameters are until its answer comes."""
ONE_EACH = frozenset({
    "AllocateAddress", "CreateInternetGateway", "CreateRouteTable", "CreateSecurityGroup",
    "CreateSubnet", "CreateVpc",
})  # fmt: skip
"""They take no client token."""


class NewIds:
    """Ids and names that a client was given lately, with the time; ``pace`` in seconds."""

    def __init__(self, pace: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._clock = clock
        self._since: dict[str, float] = {}
        self._attempts = 1

    def watch(self, client: Any) -> None:
        """Of all calls of a boto3 client."""
        self._attempts = client.meta.config.retries["total_max_attempts"]
        service, events = client.meta.service_model.service_name, client.meta.events
        events.register(f"provide-client-params.{service}", self.asked)
        events.register(f"after-call.{service}", self.answered)
        events.register_first(f"needs-retry.{service}", self.again)

    def asked(self, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[ASKED] = params

    def answered(
        self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any
    ) -> None:
        if "Error" in parsed and parsed["Error"].get("Code") not in NAMED_BEFORE:
            return
        if model.name.startswith(MAKES):
            for one in told(context.get(ASKED, {}) if "Error" in parsed else parsed):
                self._since.setdefault(one, self._clock())
        elif model.name.startswith(ENDS):
            for one in told(context.get(ASKED, {})):
                self._since.pop(one, None)

    def again(
        self,
        response: tuple[Any, Mapping[str, Any]] | None,
        operation: Any,
        caught_exception: Exception | None,
        request_dict: Mapping[str, Any],
        attempts: int = 1,
        **_: Any,
    ) -> float | None:
        """Seconds to the next attempt; None leaves it to botocore.

        Which counts our attempts as its own: when it has no more, ours go on.
        """
        if caught_exception is not None and operation.name in ONE_EACH:
            raise caught_exception
        if operation.name.startswith(UNDOES) or not self._names_new(request_dict):
            return None
        code = response[1].get("Error", {}).get("Code", "") if response else ""
        if attempts >= self._attempts and (code in TOO_MANY or caught_exception is not None):
            return self._pace
        return self._pace if UNFOUND.search(code) else None

    def _names_new(self, request: Mapping[str, Any]) -> bool:
        body = request.get("body")
        values = map(str, body.values()) if isinstance(body, Mapping) else ()
        return any(
            self._clock() - self._since.get(one, -VISIBLE_WITHIN) < VISIBLE_WITHIN for one in values
        )


def told(tree: Any, field: str = "") -> Iterator[str]:
    """Ids and names anywhere in an answer or in parameters."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from told(value, key)
    elif isinstance(tree, list):
        for value in tree:
            yield from told(value, field)
    elif isinstance(tree, str) and (field in NAMES or ID.fullmatch(tree)):
        yield tree
