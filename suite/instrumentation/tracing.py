"""Traces of an API server: its configuration, a collector beside it, and spans by audit ID.

Names: k8s.io/apiserver pkg/endpoints/filters/traces.go, component-base tracing (1.36).
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import yaml

from infra.clients.controlplane import control_plane_snapshot
from infra.clients.transport import tls_tunnel
from infra.clients.transport.tls_tunnel import MachinePort
from infra.cluster import Cluster
from infra.errors import ClaimError, preparing, require
from infra.kube_api import Answer, Api, JsonObject
from infra.machine_layout import Layout
from infra.timing import scaled
from infra.wait import eventually
from suite.transport.helper_process import Counterpart

PORT = 4317
"""OTLP's: what an API server uses without an endpoint of its own."""
FLAG = "--tracing-config-file"
LISTENS = 15.0
"""Seconds until the collector's process listens: it was started a moment ago, on one CPU."""
SERVICE = "apiserver"


@dataclass(frozen=True)
class Span:
    """One timed piece of work; ``parent`` is the ID of the span that it is a part of."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: JsonObject

    @property
    def audit_id(self) -> str:
        return str(self.attributes.get("audit-id", ""))


@dataclass(frozen=True)
class Collector(Counterpart):
    """Takes the spans that processes of its machine send, and writes them down."""

    @property
    def log(self) -> str:
        return f"{self.folder}/spans"

    def start(self) -> None:
        """On every address: an API server of another machine that sends traces can, too."""
        self.run("spans", f"--listen=0.0.0.0:{PORT}", f"--log={self.log}")

    def spans(self) -> list[Span]:
        """Errors: CommandFailed before it has started."""
        lines = self.shell.get(self.log).decode().splitlines()
        return [Span(**{"parent": "", **json.loads(line)}) for line in lines]


@dataclass(frozen=True)
class Traced:
    """A request that asked for its trace, and its answer."""

    trace: str
    answer: Answer

    @property
    def audit_id(self) -> str:
        return str(self.answer.headers.get("Audit-Id", ""))


def configuration(address: str) -> bytes:
    """Without a rate of its own: only requests that ask for it are traced."""
    kind = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "TracingConfiguration"}
    return yaml.safe_dump({**kind, "endpoint": f"{address}:{PORT}"}).encode()


def configuration_file(layout: Layout) -> str:
    return f"{layout.directories.kubernetes}/tracing.yaml"


def unit_file(layout: Layout) -> str:
    return layout.unit_file(layout.units.api_server)


def unit_with_tracing(unit: bytes, layout: Layout) -> bytes:
    """The API server's unit with one more flag."""
    text, command = unit.decode(), f"ExecStart={layout.programs.api_server} \\\n"
    require(command in text, f"{unit_file(layout)} starts no API server as phases/files has it")
    flag = f"  {FLAG}={configuration_file(layout)} \\\n"
    return text.replace(command, command + flag).encode()


def create(api: Api, path: str) -> Traced:
    """A ConfigMap made by a request with a sampled traceparent (W3C Trace Context, level 1)."""
    trace = secrets.token_hex(16)
    header = ("traceparent", f"00-{trace}-{secrets.token_hex(8)}-01")
    asking = Api(api.base, replace(api.credentials, headers=(header,)))
    body = {"metadata": {"generateName": "traced-"}}
    return Traced(trace, asking.ask("POST", path, body=body))


def create_each(asking: Mapping[str, Api], path: str) -> dict[str, Traced]:
    """What each has made, in their order. Errors: NotPrepared when one was refused."""
    made = {who: create(api, path) for who, api in asking.items()}
    wrong = [f"{who}: {one.answer.status}" for who, one in made.items() if one.answer.status != 201]
    require(not wrong, f"each makes a ConfigMap; instead: {wrong}")
    return made


def below(spans: Sequence[Span], top: Span) -> list[Span]:
    """Every span that is a part of ``top``, at any depth."""
    found: list[Span] = []
    above = {top.id}
    while above:
        parts = [span for span in spans if span.parent in above]
        found += parts
        above = {span.id for span in parts}
    return found


def top(spans: Sequence[Span], name: str, *, trace: str) -> Span:
    """The span of that name. Errors: ClaimError when it is another's or in another trace."""
    one = next(span for span in spans if span.name == name)
    if (one.service, one.trace) != (SERVICE, trace):
        raise ClaimError(f"{name} should be {SERVICE}'s, in the trace {trace} asked for: {one}")
    return one


def of(spans: Sequence[Span], requests: Sequence[Traced]) -> list[str]:
    """Spans that belong to one of the requests, by trace or audit ID."""
    return [
        f"{span.name} of request {one.audit_id}"
        for one in requests
        for span in spans
        if one.trace == span.trace or one.audit_id == span.audit_id
    ]


def told_to_trace(cluster: Cluster) -> list[str]:
    """Machines whose running API server was started to send traces, wherever to."""
    units = control_plane_snapshot.processes(cluster, [cluster.layout.units.api_server])
    found = []
    for (machine, _), unit in units.items():
        words = cluster.shell(machine).run(["cat", f"/proc/{unit.pid}/cmdline"]).stdout
        found += [machine] if FLAG in words else []
    return found


def await_reach(cluster: Cluster, collector: Collector) -> None:
    """Every controller reaches it, once it listens. Errors: NotPrepared naming who does not."""
    with preparing():
        eventually(
            lambda: cannot_reach(cluster, collector),
            lambda far: not far,
            within=scaled(LISTENS),
            what="every controller could send something to the collector",
        )


def cannot_reach(cluster: Cluster, collector: Collector) -> list[str]:
    """Controllers that do not reach the collector: that none of them sends proves nothing then."""
    address = str(cluster.spec.machine(collector.shell.name).private_ip)
    return [
        str(machine.name)
        for machine in cluster.spec.controllers
        if not tls_tunnel.connects(MachinePort(cluster, machine.name, PORT, address))
    ]
