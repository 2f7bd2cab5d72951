"""AWS's temper between a client and the local EC2: what is new is not found, answers get lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError

from infra.ec2 import new_ids
from tests.contract.conftest import Body, Served, sent

Handler = Callable[[Any], AWSResponse | None]


@contextmanager
def before_each_call(served: Served, handler: Handler) -> Iterator[None]:
    """``handler`` answers a call, or leaves it to EC2 by None."""
    served.temper = handler
    try:
        yield
    finally:
        served.temper = None


def action_of(request: Any) -> str:
    return str(asked(request)["Action"])


def asked(request: Any) -> dict[str, str]:
    body = request.body.decode() if isinstance(request.body, bytes) else str(request.body)
    return {key: values[0] for key, values in parse_qs(body).items()}


def refusal(request: Any, code: str, status: int = 400) -> AWSResponse:
    """As EC2 and IAM write it, each of which reads its own part."""
    error = f"<Error><Code>{code}</Code><Message>no {code}</Message></Error>"
    root = (
        "Response" if "ec2" in str(request.headers.get("Authorization", b"")) else "ErrorResponse"
    )
    text = (
        f"<{root}><Errors>{error}</Errors></{root}>"
        if root == "Response"
        else (f"<{root}>{error}<RequestId>r</RequestId></{root}>")
    )
    headers: Any = {"Content-Type": "text/xml"}
    return AWSResponse(request.url, status, headers, Body(text.encode()))


class Forgetful:
    """Each call that names something new is refused once for it; ``refused`` are those calls."""

    def __init__(self, code: str = "InvalidThing.NotFound") -> None:
        self.code = code
        self.new: set[str] = set()
        self.refused: list[tuple[str, str]] = []

    def noted(self, parsed: Any, model: Any, **_: Any) -> None:
        if model.name.startswith(new_ids.MAKES):
            self.new.update(new_ids.told(parsed))

    def __call__(self, request: Any) -> AWSResponse | None:
        parameters = asked(request)
        for value in parameters.values():
            call = (parameters["Action"], value)
            if value in self.new and call not in self.refused:
                self.refused.append(call)
                return refusal(request, self.code)
        return None


class Losing:
    """EC2 does what an action asks, and its first answer never comes."""

    def __init__(self, served: Served, action: str) -> None:
        self.served = served
        self.action = action
        self.lost = 0

    def __call__(self, request: Any) -> None:
        if action_of(request) == self.action and not self.lost:
            self.lost += 1
            assert sent(self.served, request).status_code == 200
            raise ReadTimeoutError(endpoint_url=request.url)


class Throttling:
    """Every call is refused once, as too many came."""

    def __init__(self) -> None:
        self.refused = 0
        self._turn = True

    def __call__(self, request: Any) -> AWSResponse | None:
        self._turn = not self._turn
        if self._turn:
            return None
        self.refused += 1
        return refusal(request, "RequestLimitExceeded", 503)


class Refusing:
    """The first calls of an action are refused, with one code after the other."""

    def __init__(self, action: str, *codes: str) -> None:
        self.action = action
        self.codes = list(codes)

    def __call__(self, request: Any) -> AWSResponse | None:
        if action_of(request) == self.action and self.codes:
            return refusal(request, self.codes.pop(0))
        return None
