"""The instance metadata service: what a machine may know of itself, known by its source address.

The anti-spoof rule guarantees that address. Source of paths and headers: EC2 user guide, instance
metadata categories and IMDSv2.
"""

import json
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed, NotFound, Unauthorized
from werkzeug.wrappers import Request, Response

from infra.localec2.desired_state import Instance, Wanted
from infra.localec2.metadata.credentials import Issuer

TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "X-aws-ec2-metadata-token"  # noqa: S105 - the header's name
LONGEST = 21600
"""Seconds a token may live: six hours; source: EC2 user guide."""
ACCOUNT = "123456789012"
"""moto's default account."""
FAR = 64
"""Hops of any other answer: Linux's default, net.ipv4.ip_default_ttl."""
TYPE = "text/plain"
TIME = "%Y-%m-%dT%H:%M:%SZ"
KEYS_LAST = timedelta(hours=6)
"""How long a role's credentials are said to last; source: the same guide."""


def limit_hops(request: Request, hops: int) -> None:
    """How far the answer gets. A token's is let no further than the instance says: one hop is the
    machine, a Pod behind its bridge is one more. Source: EC2 user guide, HttpPutResponseHopLimit.
    """
    connection = request.environ.get("werkzeug.socket")  # none when a test calls the application
    if connection is not None:
        connection.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, hops)


class Metadata:
    """A WSGI application. ``wanted`` is the snapshot to answer from."""

    def __init__(
        self,
        wanted: Callable[[], Wanted | None],
        region: str,
        issuer: Issuer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted = wanted
        self._region = region
        self._issuer = issuer
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, float]] = {}

    def __call__(self, environ: dict[str, object], start_response: object) -> object:
        request = Request(environ)
        try:
            response: Response | HTTPException = self._answer(request)
        except HTTPException as error:
            response = error
        return response(environ, start_response)  # type: ignore[arg-type]

    def _answer(self, request: Request) -> Response:
        instance = self._caller(request.remote_addr or "")
        if request.path == "/latest/api/token":
            limit_hops(request, instance.hop_limit)
            return self._token(request, instance)
        limit_hops(request, FAR)
        if request.method != "GET":
            raise MethodNotAllowed(["GET"])
        self._admit(request, instance)
        text = self._tree(instance).get(request.path.removeprefix("/latest/").rstrip("/"))
        if text is None:
            raise NotFound
        return Response(text, mimetype=TYPE)

    def _caller(self, address: str) -> Instance:
        wanted = self._wanted()
        for instance in wanted.instances if wanted else ():
            if instance.private_ip == address:
                return instance
        raise NotFound

    def _token(self, request: Request, instance: Instance) -> Response:
        if request.method != "PUT":
            raise MethodNotAllowed(["PUT"])
        asked = request.headers.get(TTL, "")
        if not asked.isdigit() or not 1 <= int(asked) <= LONGEST:
            raise BadRequest
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._lock:
            self._tokens = {t: v for t, v in self._tokens.items() if v[1] > now}
            self._tokens[token] = (instance.id, now + int(asked))
        return Response(token, mimetype=TYPE, headers={TTL: asked})

    def _admit(self, request: Request, instance: Instance) -> None:
        """A token must be this instance's and not too old; whether one is needed, it says."""
        token = request.headers.get(TOKEN)
        if token is None and instance.http_tokens != "required":
            return
        with self._lock:
            owner, until = self._tokens.get(token or "", ("", 0.0))
        if owner != instance.id or until <= self._clock():
            raise Unauthorized

    def _tree(self, instance: Instance) -> dict[str, str | None]:
        zone = instance.zone or f"{self._region}a"
        macs = f"meta-data/network/interfaces/macs/{instance.mac}"
        return {
            "meta-data/instance-id": instance.id,
            "meta-data/ami-id": instance.image_id or None,
            "meta-data/instance-type": instance.instance_type,
            "meta-data/hostname": instance.hostname,
            "meta-data/local-hostname": instance.hostname,
            "meta-data/local-ipv4": instance.private_ip,
            "meta-data/public-ipv4": instance.public_ip,
            "meta-data/mac": instance.mac,
            "meta-data/network/interfaces/macs": f"{instance.mac}/",
            f"{macs}/local-ipv4s": instance.private_ip,
            "meta-data/public-keys": f"0={instance.key_name}" if instance.key_name else None,
            "meta-data/public-keys/0/openssh-key": instance.public_key,
            "meta-data/placement/region": self._region,
            "meta-data/placement/availability-zone": zone,
            "user-data": instance.user_data or None,
            "meta-data/block-device-mapping": self._mapping(instance),
            "meta-data/iam/security-credentials": instance.role,
            f"meta-data/iam/security-credentials/{instance.role}": self._keys(instance.role),
            "dynamic/instance-identity/document": self._document(instance, zone),
        }

    def _mapping(self, instance: Instance) -> str:
        """One line each: the image's root, then what is attached."""
        return "\n".join(["ami", "root", *(f"ebs{n + 1}" for n in range(len(instance.volumes)))])

    def _keys(self, role: str | None) -> str | None:
        """Source of names: EC2 user guide, retrieve security credentials from instance metadata."""
        if role is None:
            return None
        keys, now = self._issuer.keys(role), datetime.now(UTC)
        return json.dumps(
            {
                "Code": "Success",
                "LastUpdated": now.strftime(TIME),
                "Type": "AWS-HMAC",
                "AccessKeyId": keys.access_key,
                "SecretAccessKey": keys.secret_key,
                "Token": keys.token,
                "Expiration": (now + KEYS_LAST).strftime(TIME),
            }
        )

    def _document(self, instance: Instance, zone: str) -> str:
        return json.dumps(
            {
                "accountId": ACCOUNT,
                "architecture": "x86_64",
                "availabilityZone": zone,
                "imageId": instance.image_id,
                "instanceId": instance.id,
                "instanceType": instance.instance_type,
                "privateIp": instance.private_ip,
                "region": self._region,
                "version": "2017-09-30",  # of the document's format; EC2 user guide
            },
            indent=2,
        )
