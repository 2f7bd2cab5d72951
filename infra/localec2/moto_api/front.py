"""The local EC2's API: a WSGI front around moto that locks, journals and fails closed.

One lock serves every call, as moto is not made for parallel writers. Nothing ever answers 5xx: the
Go SDK would repeat it for minutes.
"""

import logging
import re
import secrets
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from moto.core.request import Request
from moto.moto_api._internal import mock_random
from moto.sts.responses import TokenResponse

from infra.errors import UserError
from infra.localec2.desired_state import DiskState, Facts, State, Wanted
from infra.localec2.metadata.credentials import Issuer
from infra.localec2.moto_api import desired_state_builder
from infra.localec2.moto_api.actions import ALLOWED, mutates
from infra.localec2.moto_api.answers import LocalAnswers
from infra.localec2.moto_api.call_journal import Call, DiskFact, Fact, Journal, Restart, ids_of
from infra.localec2.moto_api.faults import Answer, StartResponse, fault, respond
from infra.localec2.moto_api.iam_answers import IamAnswers
from infra.localec2.moto_api.temper import trait
from infra.localec2.moto_api.temper.slow_states import LateFacts
from infra.localec2.moto_backend import iam
from infra.localec2.moto_backend.backend import LocalBackend
from infra.localec2.moto_backend.randomness import seeded

LOG = logging.getLogger(__name__)
SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request")
ACCESS_KEY = re.compile(r"Credential=([^/]+)/")


class Front(Facts):
    """The API (``app``) and the facts of the reconciler. One a process: moto's IAM is global.

    ``console(id)`` is the text of an instance's console; ``capacity(type, running)`` raises a
    NotJudged when one more instance does not fit. Both may be set after construction. ``temper``
    is what it has of AWS's; without one every call is moto's alone.
    """

    def __init__(
        self,
        journal: Path,
        region: str = "ap-southeast-1",
        on_change: Callable[[], None] = lambda: None,
        temper: trait.Trait | None = None,
    ) -> None:
        self.region = region
        self.issuer = Issuer(journal.with_name("roles.key"))
        self.lock = threading.RLock()
        self.on_change: Callable[[], None] = lambda: None
        self._journal = Journal(journal)
        mock_random.seed(0)
        iam.begin_anew()
        self._backend = LocalBackend(region, moves_addresses=temper is not None)
        self._late = LateFacts()
        self._replay()
        self._temper = temper or trait.Trait()  # from now on: what the journal has is old
        self._backend.hides, self._late.delays = self._temper.hides, self._temper.delays
        self._backend.pace = self._temper.pace
        self.on_change = on_change

    @property
    def console(self) -> Callable[[str], str]:
        return self._backend.console

    @console.setter
    def console(self, read: Callable[[str], str]) -> None:
        self._backend.console = read

    @property
    def clock(self) -> Callable[[], float]:
        return self._backend.clock

    @clock.setter
    def clock(self, clock: Callable[[], float]) -> None:
        """Seconds by which changes of volumes take their time."""
        self._backend.clock = clock

    @property
    def capacity(self) -> Callable[[str, int], None]:
        return self._backend.capacity

    @capacity.setter
    def capacity(self, check: Callable[[str, int], None]) -> None:
        self._backend.capacity = check

    def app(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        sent = request.get_data(as_text=True)  # always: a kept connection carries the next call
        scope = SCOPE.search(request.headers.get("Authorization", ""))
        if request.path != "/" or request.method != "POST":
            status, text = fault("ec2", "UnsupportedOperation", "Only POST / is served.", 404)
        elif scope is None:
            text = "The request must be signed (any key)."
            status, text = fault("ec2", "MissingAuthenticationToken", text, 403)
        else:
            with trait.ending(environ.get("werkzeug.socket")):
                status, text = self.answer(scope[2], scope[1], sent)
        return respond(start_response, (status, text))

    def app_for_machines(self, environ: dict[str, Any], start_response: StartResponse) -> Any:
        """The same API, for who has a role's credentials: machines have no others.

        Signatures are not computed; who knows a role's key and token got them from the metadata.
        """
        headers = Request(environ).headers
        key = ACCESS_KEY.search(headers.get("Authorization", ""))
        wanted = self.wanted()
        roles = {i.role for i in wanted.instances if i.role} if wanted else set()
        token = headers.get("X-Amz-Security-Token", "")
        if self.issuer.role_of(key[1] if key else "", token, roles) is None:
            text = "AWS was not able to validate the provided access credentials"
            return respond(start_response, fault("ec2", "AuthFailure", text, 401))
        return self.app(environ, start_response)

    def answer(self, service: str, region: str, body: str) -> Answer:
        """One call in the query protocol: allowed, locked, journaled. Errors: Lost, of a change."""
        call = trait.Call(service, dict(parse_qsl(body)))
        action = call.action
        if action not in ALLOWED.get(service, ()):
            text = f"The local EC2 does not serve {service} {action}."
            return fault(service, "UnsupportedOperation", text)
        if service == "ec2" and region != self.region:
            text = f"The local EC2 is in {self.region}, not in {region}."
            return fault(service, "UnsupportedOperation", text)
        with self.lock:
            self._late.deliver()
            answer = self._temper.before(call) or self._journaled(call, body)
            done = answer[0] < 300 and mutates(action)
            lost = done and self._temper.loses(call)
        if done:
            self.on_change()
        if lost:
            raise trait.Lost(action)
        return answer

    def _journaled(self, call: trait.Call, body: str) -> Answer:
        if not mutates(call.action):
            return self._call(call.service, body)
        mock_random.seed(seed := secrets.randbits(64))
        status, text = self._call(call.service, body)
        if status < 300:
            self._journal.append(Call(call.service, seed, body, ids_of(text)))
            self._temper.made(call, text)
        return status, text

    def _call(self, service: str, body: str) -> Answer:
        scope = f"Credential=LOCAL/20260101/{self.region}/{service}/aws4_request"
        request = Request.from_primitives(
            "POST",
            "http://localhost/",
            {
                "Authorization": f"AWS4-HMAC-SHA256 {scope}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            body.encode(),
        )
        served: Any = {
            "ec2": lambda: LocalAnswers(self._backend),
            "iam": IamAnswers,
            "sts": TokenResponse,
        }[service]()
        try:
            status, _, text = served._dispatch(request)  # noqa: SLF001 - moto's own entry
        except NotImplementedError as error:
            return fault(service, "UnsupportedOperation", str(error))
        except Exception as error:  # the API must answer whatever moto does
            LOG.exception("moto failed on %s", body)
            return fault(service, "InternalError", f"{type(error).__name__}: {error}")
        text = text.decode() if isinstance(text, bytes) else str(text)
        if status >= 500:
            LOG.error("moto answered %s to %s: %s", status, body, text)
            return fault(service, "InternalError", f"moto answered {status}")
        return status, text

    def _replay(self) -> None:
        replayed = False
        for number, entry in enumerate(self._journal.entries(), start=1):
            replayed = True
            if isinstance(entry, Call):
                self._repeat(entry, number)
            elif isinstance(entry, Fact):
                self._observe(entry)
            elif isinstance(entry, DiskFact):
                self._backend.disk_observed(entry.ident, entry.state)
            else:
                self._forget_running()
        if replayed:
            self._journal.append(Restart())
            self._forget_running()

    def _repeat(self, call: Call, number: int) -> None:
        mock_random.seed(call.seed)
        status, text = self._call(call.service, call.body)
        if status >= 300 or ids_of(text) != tuple(call.ids):
            raise UserError(
                f"{self._journal.path}:{number} gives another answer than it did (was moto "
                "updated?): remove the cluster's state directory and build the cluster again"
            )

    def _forget_running(self) -> None:
        for instance in self._backend.all_instances():
            if instance.state == "running":
                instance.become("pending")

    def wanted(self) -> Wanted | None:
        with self.lock:
            self._late.deliver()
            return desired_state_builder.wanted(self._backend)

    def observed(self, instance_id: str, state: State, *, reason: str = "") -> None:
        fact = Fact(instance_id, state, reason)

        def known() -> None:
            if self._observe(fact):
                self._journal.append(fact)

        with self.lock:
            self._late.tell(instance_id, known)

    def _observe(self, fact: Fact) -> bool:
        with seeded(0):
            instance = self._backend.get_instance(fact.instance_id)
            return bool(instance.observed(fact.state, reason=fact.reason))

    def disk_observed(self, ident: str, state: DiskState) -> None:
        with self.lock:
            if self._backend.disk_observed(ident, state):
                self._journal.append(DiskFact(ident, state))

    def reachable(self, instance_id: str, *, ok: bool) -> None:
        def known() -> None:
            instance = self._backend.get_instance(instance_id)
            instance.reachable = ok and instance.state == "running"

        with self.lock:
            self._late.tell(instance_id, known)

    def route_state(self, cidr: str, *, active: bool) -> None:
        with self.lock:
            self._backend.route_facts[cidr] = active
