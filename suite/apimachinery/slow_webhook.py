"""A validating webhook that takes its time: it holds requests of one namespace for seconds.

Served by a Pod; an API server finds it through its Service, by endpoints (aggregator routing).
"""

from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from infra import parallel
from infra.described import own_objects
from infra.errors import preparing
from infra.kube_api import Api, JsonObject
from infra.pki.authority import Pair, issue, new_authority
from infra.pki.identities import Identity, Usage
from infra.timing import scaled
from infra.wait import eventually
from suite.workloads.pods import Pods

NAME = "slow"
IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.63.0"
PORT = 8444
PATH = "/always-allow-delay-5s"
"""agnhost webhook (kubernetes test/images/agnhost/webhook): allows after five seconds."""
DELAY = 5.0
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
IN_FORCE = 30.0
"""Seconds for every API server to ask a new webhook: informers, and a Service's endpoints."""


@dataclass(frozen=True)
class Webhook:
    """The webhook of a scenario's namespace."""

    api: Api
    namespace: str

    @property
    def configuration(self) -> str:
        return f"{self.namespace}-{NAME}"

    def make(self) -> None:
        """The Pod runs and serves. Errors: NotPrepared."""
        authority = new_authority("webhook", now := datetime.now(UTC).replace(microsecond=0))
        served = f"{NAME}.{self.namespace}.svc"
        identity = Identity(NAME, served, usages=(Usage.SERVER,), names=(served,))
        pair = issue(authority, identity, not_before=now, not_after=now + timedelta(days=1))
        core = f"/api/v1/namespaces/{self.namespace}"
        self.api.create(f"{core}/secrets", secret(pair))
        self.api.create(f"{core}/services", service())
        Pods(self.api, self.namespace).create(pod())
        self.api.create(CONFIGURATIONS, self.configured(authority))

    def configured(self, authority: Pair) -> JsonObject:
        client = {"name": NAME, "namespace": self.namespace, "path": PATH, "port": PORT}
        selector = {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}}
        rule = {
            "apiGroups": [""],
            "apiVersions": ["v1"],
            "operations": ["CREATE"],
            "resources": ["configmaps"],
        }
        hook = {
            "name": "slow.scenario.example.com",
            "clientConfig": {
                "service": client,
                "caBundle": b64encode(authority.certificate_pem).decode(),
            },
            "rules": [rule],
            "namespaceSelector": selector,
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 30,
        }
        metadata = own_objects.labelled(CONFIGURATIONS, self.configuration)
        return {"metadata": metadata, "webhooks": [hook]}

    def await_delay(self, servers: Collection[Api]) -> None:
        """Until each API server holds a request for the delay, all asked at once.

        Errors: NotPrepared.
        """
        with preparing():
            parallel.answers(servers, self.await_delay_by)

    def await_delay_by(self, server: Api) -> None:
        eventually(
            lambda: self.held(server),
            lambda seconds: seconds >= DELAY,
            within=scaled(IN_FORCE),
            what=f"{server.base} asks the webhook, which takes {DELAY:g} s",
        )

    def held(self, server: Api) -> float:
        """Seconds of a request that it holds; 0 for one that was refused."""
        before = datetime.now(UTC)
        path = f"/api/v1/namespaces/{self.namespace}/configmaps?dryRun=All"
        answer = server.ask("POST", path, body={"metadata": {"generateName": "held-"}})
        return (datetime.now(UTC) - before).total_seconds() if answer.ok else 0.0

    def remove(self) -> None:
        """What lies outside the namespace."""
        self.api.delete(f"{CONFIGURATIONS}/{self.configuration}")


def secret(pair: Pair) -> JsonObject:
    files = {"tls.crt": pair.certificate_pem, "tls.key": pair.key_pem}
    data = {name: b64encode(content).decode() for name, content in files.items()}
    return {"metadata": {"name": NAME}, "data": data}


def service() -> JsonObject:
    ports = [{"port": PORT, "targetPort": PORT}]
    return {"metadata": {"name": NAME}, "spec": {"selector": {"app": NAME}, "ports": ports}}


def pod() -> JsonObject:
    probe = {"httpGet": {"path": "/readyz", "port": PORT, "scheme": "HTTPS"}, "periodSeconds": 1}
    files = ["--tls-cert-file=/tls/tls.crt", "--tls-private-key-file=/tls/tls.key"]
    container = {
        "name": NAME,
        "image": IMAGE,
        "args": ["webhook", *files, f"--port={PORT}"],
        "volumeMounts": [{"name": "tls", "mountPath": "/tls"}],
        "readinessProbe": probe,
    }
    spec = {
        "terminationGracePeriodSeconds": 0,
        "containers": [container],
        "volumes": [{"name": "tls", "secret": {"secretName": NAME}}],
    }
    return {"metadata": {"name": NAME, "labels": {"app": NAME}}, "spec": spec}
