"""What the API sends back: an answer, or a fault in the service's own XML."""

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

Answer = tuple[int, str]
"""HTTP status and text."""
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def respond(start_response: StartResponse, answer: Answer) -> list[bytes]:
    status, text = answer
    body = text.encode()
    headers = [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))]
    start_response(f"{status} {'OK' if status < 300 else 'Fault'}", headers)
    return [body]


def fault(service: str, code: str, message: str, status: int = 400) -> Answer:
    """Source: API reference, error responses of EC2, IAM and STS."""
    inner = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    if service == "ec2":
        errors = f"<Errors><Error>{inner}</Error></Errors>"
        return status, f"<Response>{errors}<RequestID>local</RequestID></Response>"
    error = f"<Error><Type>Sender</Type>{inner}</Error>"
    return status, f"<ErrorResponse>{error}<RequestId>local</RequestId></ErrorResponse>"
