"""boto3, imported when EC2 is asked: it costs half a second that `--help` and a collection save.

No other module imports boto3 or botocore.
"""

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError
    from mypy_boto3_ec2 import EC2Client

    Client: TypeAlias = EC2Client
else:
    Client: TypeAlias = Any
Iam: TypeAlias = Any
"""An IAM client; we have no stubs of it."""
Sts: TypeAlias = Any
"""An STS client, the same."""


def client(service: str, config: dict[str, Any], **access: Any) -> Any:
    """A client of a service; ``config`` are options of botocore's Config."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    return boto3.client(service, config=Config(**config), **access)  # type: ignore[call-overload]


def regions(service: str) -> list[str]:
    """Those of AWS that have the service, as boto3 knows them."""
    import boto3  # noqa: PLC0415

    return boto3.session.Session().get_available_regions(service)


def refusal() -> "type[ClientError]":
    """What a client raises when the service refuses. For an except clause, which asks late."""
    from botocore.exceptions import ClientError  # noqa: PLC0415

    return ClientError


def no_answer() -> "type[BotoCoreError]":
    """What a client raises when the service does not answer, or cannot be asked."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    return BotoCoreError
