"""The API servers as judges: their counts, processes and audit logs, and who else could judge."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from infra.clients.transport import prometheus, systemd
from infra.clients.transport.systemd import Unit
from infra.cluster import Cluster
from infra.errors import NotJudged
from infra.kube_api import Api, JsonObject
from infra.ssh import Shell

COUNT = "apiserver_validating_admission_policy_check_total"
"""Decisions by policy and action (AS pkg/admission/plugin/policy/validating/metrics)."""
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1"
CONFIGURATION = "--admission-control-config-file"
FAILURE = "validation.policy.admission.k8s.io/validation_failure"
"""Annotation (AS pkg/admission/plugin/policy/validating/dispatcher.go)."""


@dataclass(frozen=True)
class Judges:
    """By machine: refusals a policy was counted, the process, and what it was started with."""

    refusals: Mapping[str, float]
    processes: Mapping[str, Unit]
    arguments: Mapping[str, str]

    def other_processes(self, now: "Judges") -> list[str]:
        return [
            f"{machine}: process {unit.pid} is now {now.processes[machine].pid}"
            for machine, unit in self.processes.items()
            if (unit.pid, unit.started_us)
            != (now.processes[machine].pid, now.processes[machine].started_us)
        ]

    def counted_since(self, first: "Judges") -> dict[str, tuple[float, float]]:
        """Refusals before and after, by machine."""
        return {m: (count, self.refusals[m]) for m, count in first.refusals.items()}

    def configured(self) -> list[str]:
        found = [machine for machine, said in self.arguments.items() if CONFIGURATION in said]
        return [f"{machine} was started with {CONFIGURATION}" for machine in found]


def judges(cluster: Cluster, servers: Mapping[str, Api], policy: str) -> Judges:
    unit = cluster.layout.units.api_server
    processes = {m: systemd.show(cluster.shell(m), unit) for m in servers}
    arguments = {
        machine: cluster.shell(machine).run(["cat", f"/proc/{unit.pid}/cmdline"]).stdout
        for machine, unit in processes.items()
    }
    counts = {machine: refusals(api, policy) for machine, api in servers.items()}
    return Judges(counts, processes, arguments)


def refusals(api: Api, policy: str) -> float:
    """How often this API server has refused something by that policy since it started."""
    answer = api.ask("GET", "/metrics")
    if not answer.ok:
        raise NotJudged(f"{answer.url} -> {answer.status} {answer.message}")
    samples = prometheus.parse(answer.text, only=COUNT)
    wanted = {"policy": policy, "enforcement_action": "deny"}
    mine = [s.value for s in samples if wanted.items() <= s.labels.items()]
    return sum(mine)


def webhooks_for(api: Api, *, group: str, resource: str) -> list[str]:
    """Names of webhooks of either kind whose rules match that resource, anywhere."""
    return [
        f"{item['metadata']['name']}/{webhook['name']}"
        for kind in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")
        for item in api.get(f"{WEBHOOKS}/{kind}")["items"]
        for webhook in item.get("webhooks") or ()
        if any(covers(rule, group, resource) for rule in webhook.get("rules") or ())
    ]


def covers(rule: JsonObject, group: str, resource: str) -> bool:
    groups, resources = set(rule["apiGroups"]), set(rule["resources"])
    return bool(groups & {group, "*"}) and bool(resources & {resource, "*", "*/*"})


def audited(shell: Shell, audit_id: str) -> list[JsonObject]:
    """The event of a request in that machine's audit log; empty while it is not there."""
    argv = ["grep", "--fixed-strings", audit_id, shell.layout.files.audit_log]
    found = shell.run(argv, check=False).stdout
    events = [json.loads(line) for line in found.splitlines()]
    return [event for event in events if event["stage"] == "ResponseComplete"]


def failures(event: JsonObject) -> list[JsonObject]:
    """Failed validations that the event notes: dicts with ``policy``, ``binding`` and more."""
    noted = (event.get("annotations") or {}).get(FAILURE)
    return list(json.loads(noted)) if noted else []
