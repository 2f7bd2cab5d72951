"""Metrics in the Prometheus text format, one process at a time."""

import http.client
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra.clients.api import ApiUnreachable, Credentials
from infra.errors import LabError

LINE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
TIMEOUT = 5.0
"""Seconds for one scrape; a frozen process answers nothing at all."""


@dataclass(frozen=True)
class Sample:
    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def parse(text: str, *, only: str | None = None) -> list[Sample]:
    """Samples of an exposition; ``only`` keeps one metric name (an API server has 20,000 lines)."""
    samples: list[Sample] = []
    for line in text.splitlines():
        if line.startswith("#") or (only and not line.startswith(only)):
            continue
        match = LINE.match(line)
        if match and (only is None or match["name"] == only):
            labels = dict(LABEL.findall(match["labels"] or ""))
            samples.append(Sample(match["name"], float(match["value"]), labels))
    return samples


def value(samples: Iterable[Sample], metric: str, /, **labels: str) -> float | None:
    """The first sample of that name whose labels include ``labels``; None when there is none."""
    for sample in samples:
        if sample.name == metric and labels.items() <= sample.labels.items():
            return sample.value
    return None


def scrape(address: str, port: int, *, credentials: Credentials) -> str:
    """``/metrics`` of the process on that port. Errors: ApiUnreachable; LabError when refused."""
    status, text = fetch(address, port, "/metrics", credentials=credentials)
    if status != 200:
        raise LabError(f"https://{address}:{port}/metrics -> {status} {text[:200]}")
    return text


def fetch(address: str, port: int, path: str, *, credentials: Credentials) -> tuple[int, str]:
    """Status and body of one GET on a new connection. Errors: ApiUnreachable.

    The server's certificate is not verified: the managers make their own at each start
    (kube-controller-manager and kube-scheduler without --tls-cert-file).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if credentials.cert and credentials.key:
        context.load_cert_chain(credentials.cert, credentials.key)
    connection = http.client.HTTPSConnection(address, port, timeout=TIMEOUT, context=context)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise ApiUnreachable(f"GET https://{address}:{port}{path}: {error!r}") from error
    finally:
        connection.close()
