"""The Kubernetes API as raw HTTP: never retries, keeps headers, one address a client.

client-go style libraries repeat a 429 up to ten times and hide it; a suite that judges status
codes has to see the first answer (claims.md, traps).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests

from infra import observed_places
from infra.errors import NotJudged
from infra.footprints import touched

JsonObject = dict[str, Any]
DRY_RUN = {"dryRun": "All"}
"""Parameters of a request that is judged as any other, and stores nothing."""
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
"""Who asks, as the API server has it."""
TIMEOUT = 20.0
"""Seconds for one answer: longer than any admission time-out the series configures (10 s)."""
UNVERIFIED = Path("/dev/null")
"""As ``ca``: a kubeconfig of somebody else's says insecure-skip-tls-verify."""
PATCH_TYPES = {
    "strategic": "application/strategic-merge-patch+json",
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}


class ApiUnreachable(NotJudged):
    """No HTTP answer at all; a refusal is an Answer, not this."""


class ApiRefused(NotJudged):
    """An answer outside 2xx where the caller needed one."""

    def __init__(self, answer: "Answer") -> None:
        super().__init__(f"{answer.method} {answer.url} -> {answer.status} {answer.message}")
        self.answer = answer


class ApiRefusedForNow(ApiRefused):
    """One that the same request may not get a moment later: 409, 429 and 5xx."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. ``body`` is parsed JSON, else ``{}``; ``text`` is what came.

    ``dry`` is what each API server by itself said to the same request as a dry run, by machine,
    where it was asked (suite/workloads/dry_runs.py).
    """

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    text: str
    dry: Mapping[str, "Answer"] = field(default_factory=dict)

    @property
    def body(self) -> JsonObject:
        try:
            parsed = json.loads(self.text)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def reason(self) -> str:
        return str(self.body.get("reason", ""))

    @property
    def message(self) -> str:
        return str(self.body.get("message", self.text[:300]))

    @property
    def causes(self) -> list[JsonObject]:
        """``details.causes`` of a Status: dicts with ``reason``, ``field``, ``message``."""
        details = self.body.get("details") or {}
        return list(details.get("causes") or [])


@dataclass(frozen=True)
class Credentials:
    """Who asks: a client certificate, or a bearer token, or nobody; ``ca`` verifies the server.

    ``renewed`` gives those of this moment, where they expire while a run lasts.
    """

    ca: Path
    cert: Path | None = None
    key: Path | None = None
    token: str | None = field(default=None, repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    renewed: "Callable[[], Credentials] | None" = field(default=None, compare=False, repr=False)

    def now(self) -> "Credentials":
        """Errors: UserError when they cannot be renewed."""
        return self.renewed() if self.renewed else self


class Api:
    """One API address as one identity.

    ``base`` like ``https://10.0.1.10:6443``. Errors: ApiUnreachable when there is no answer;
    ApiRefused from the methods that need success (``get``, ``create``, ``delete`` ...); ``ask``
    returns every answer.
    """

    def __init__(self, base: str, credentials: Credentials) -> None:
        self.base = base.rstrip("/")
        self.credentials = credentials
        self._plain = requests.Session()
        self._plain.trust_env = False
        self._plain.verify = credentials.ca != UNVERIFIED and str(credentials.ca)
        self._plain.headers.update(dict(credentials.headers))

    @property
    def _session(self) -> requests.Session:
        """Shows who asks, as that is now."""
        shown = self.credentials.now()
        if shown.cert and shown.key:
            self._plain.cert = (str(shown.cert), str(shown.key))
        if shown.token:
            self._plain.headers["Authorization"] = f"Bearer {shown.token}"
        return self._plain

    def at(self, base: str) -> "Api":
        """The same identity at another address (one API server of three)."""
        return Api(base, self.credentials)

    def impersonating(self, user: str, *groups: str) -> "Api":
        headers = (("Impersonate-User", user), *(("Impersonate-Group", g) for g in groups))
        return Api(self.base, replace(self.credentials, headers=headers))

    def with_token(self, token: str) -> "Api":
        """The same address with nothing but a token."""
        return Api(self.base, Credentials(ca=self.credentials.ca, token=token))

    def begin(self, path: str, **params: str) -> Answer:
        """Status and headers of an answer that may not end; its body is not read."""
        observed_places.looked_by_request(self.base + path)
        try:
            with self._session.get(
                self.base + path, params=params, stream=True, timeout=TIMEOUT
            ) as got:
                return Answer("GET", self.base + path, got.status_code, got.headers, "")
        except requests.RequestException as error:
            raise ApiUnreachable(f"GET {self.base}{path}: {error}") from error

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        content_type: str = "application/json",
        params: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> Answer:
        observed_places.looked_by_request(self.base + path)
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": content_type} if data is not None else {}
        try:
            got = self._session.request(
                method,
                self.base + path,
                data=data,
                headers=headers,
                params=params,
                timeout=timeout,
            )
        except requests.RequestException as error:
            raise ApiUnreachable(f"{method} {self.base}{path}: {error}") from error
        touched.tell(touched.by_request(method, path, params, got.status_code))
        return Answer(method, self.base + path, got.status_code, got.headers, got.text)

    def create(self, path: str, body: JsonObject) -> JsonObject:
        return need(self.ask("POST", path, body=body))

    def delete(self, path: str, *, grace_seconds: int | None = None) -> None:
        """Deletes; an object that is already gone is fine."""
        body = None if grace_seconds is None else {"gracePeriodSeconds": grace_seconds}
        answer = self.ask("DELETE", path, body=body)
        if answer.status != 404:
            need(answer)

    def find(self, path: str) -> JsonObject | None:
        """The object, or None on 404."""
        answer = self.ask("GET", path)
        return None if answer.status == 404 else need(answer)

    def get(self, path: str, **params: str) -> JsonObject:
        return need(self.ask("GET", path, params=params))

    def text(self, path: str) -> str:
        """An answer that is no JSON, like metrics."""
        answer = self.ask("GET", path)
        need(answer)
        return answer.text

    def patch(self, path: str, body: Any, *, kind: str = "strategic", **params: str) -> Answer:
        """Any answer; ``kind`` is a key of PATCH_TYPES."""
        return self.ask("PATCH", path, body=body, content_type=PATCH_TYPES[kind], params=params)

    def watch(self, path: str, *, seconds: int, **params: str) -> Iterator[JsonObject]:
        """Watch events (``{"type", "object"}``) as they come, until the server ends it.

        Errors: ApiUnreachable when the stream breaks before ``seconds`` are over.
        """
        observed_places.looked_by_request(self.base + path)
        query = {"watch": "true", "timeoutSeconds": str(seconds), **params}
        try:
            with self._session.get(
                self.base + path, params=query, stream=True, timeout=(TIMEOUT, seconds + TIMEOUT)
            ) as stream:
                stream.raise_for_status()
                for line in stream.iter_lines(chunk_size=1):
                    if line:
                        yield json.loads(line)
        except requests.RequestException as error:
            raise ApiUnreachable(f"WATCH {self.base}{path}: {error}") from error


def need(answer: Answer) -> JsonObject:
    """The body of a 2xx answer. Errors: ApiRefused, ApiRefusedForNow."""
    if not answer.ok:
        for_now = answer.status in {409, 429} or answer.status >= 500
        raise (ApiRefusedForNow if for_now else ApiRefused)(answer)
    return answer.body
