"""An image registry on a machine for one scenario: what it holds, who asked it, who knows it."""

import json
import re
import secrets
import tarfile
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from infra.artifacts.oci import Spec, write
from infra.kube_api import JsonObject
from infra.ssh import Shell
from infra.timing import Bound, scaled
from infra.wait import eventually
from suite.transport.helper_process import Counterpart

SERVES = Bound(15, "the registry answers", "it starts in 1 s (measured)")
USER = "reader"
ASKED = re.compile(r'^(\S+) .*"(?:GET|HEAD) /v2/data/manifests/(?!sha256:)\S+ HTTP\S+" (\d+)')
"""Address and status of a request for an image by its tag, in Apache's combined log."""
HOSTS = """server = "http://{place}"
[host."http://{place}"]
  capabilities = ["pull", "resolve"]
"""


@dataclass(frozen=True)
class Registry(Counterpart):
    """``place`` is its address and port; ``password`` is asked of everybody unless it is empty."""

    address: str = ""
    password: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """A port of its own: several scenarios may have one on the same machine."""
        return f"{self.address}:{20000 + int(self.name.rpartition('-')[2], 16) % 10000}"

    @property
    def log(self) -> str:
        return f"{self.folder}/requests"

    def start(self) -> None:
        """It answers. Errors: CommandFailed, WaitTimeout."""
        settings: JsonObject = {
            "version": "0.1",
            "storage": {"inmemory": {}},
            "http": {"addr": self.place},
        }
        if self.password:
            line = self.shell.run([self.program, "htpasswd", USER], stdin=self.password.encode())
            self.shell.put(line.stdout.encode(), f"{self.folder}/users", mode=0o600)
            users = {"realm": "scenario", "path": f"{self.folder}/users"}
            settings["auth"] = {"htpasswd": users}
        self.shell.put(yaml.safe_dump(settings).encode(), f"{self.folder}/settings.yml")
        self.run("serve", f"{self.folder}/settings.yml", output=self.log)
        eventually(
            lambda: self._ask("GET", "/v2/").status,
            lambda status: status == 200,
            within=scaled(SERVES),
            what="the registry answers",
            every=0.3,
        )

    def push(self, spec: Spec, tag: str) -> None:
        """The repository ``data`` has the image under that tag. Errors: CommandFailed."""
        blobs, manifest = layout(spec)
        for digest, content in blobs.items():
            begun = self._ask("POST", "/v2/data/blobs/uploads/")
            place = begun.location.partition(self.place)[2]
            mark = "&" if "?" in place else "?"
            self._ask("PUT", f"{place}{mark}digest={digest}", content=content)
        kind = json.loads(manifest)["mediaType"]
        self._ask("PUT", f"/v2/data/manifests/{tag}", content=manifest, kind=kind)

    def asked(self, address: str) -> list[int]:
        """Statuses of a worker's requests for the image, in order. Errors: CommandFailed."""
        lines = self.shell.get(self.log).decode().splitlines()
        found = [match for line in lines if (match := ASKED.match(line))]
        return [int(match[2]) for match in found if match[1] == address]

    def _ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes = b"",
        kind: str = "application/octet-stream",
    ) -> "Said":
        """By curl on the machine: the security group lets nobody else in."""
        body = f"{self.folder}/body"
        self.shell.put(content, body)
        told = [f'url = "http://{self.place}{path}"', f'request = "{method}"']
        told += [f'header = "Content-Type: {kind}"', f'data-binary = "@{body}"']
        if self.password:
            told.append(f'user = "{USER}:{self.password}"')  # not in argv, which others may read
        argv = ["curl", "--silent", "--include", "--config", "-"]
        return Said.of(self.shell.run(argv, stdin="\n".join(told).encode(), check=False).stdout)


@dataclass(frozen=True)
class Said:
    status: int
    location: str

    @classmethod
    def of(cls, text: str) -> "Said":
        """From an answer's head as curl prints it; status 0 when there was none."""
        found = [int(m) for m in re.findall(r"^HTTP/[\d.]+ (\d+)", text, re.MULTILINE)]
        location = re.search(r"^location: (\S+)", text, re.MULTILINE | re.IGNORECASE)
        return cls(found[-1] if found else 0, location[1] if location else "")


def layout(spec: Spec) -> tuple[dict[str, bytes], bytes]:
    """Blobs of an image by digest, and its manifest."""
    with TemporaryDirectory() as scratch:
        archive = Path(scratch) / "image.tar"
        digest = write(spec, archive, scratch=Path(scratch))
        with tarfile.open(fileobj=BytesIO(archive.read_bytes())) as tar:
            blobs = {
                f"sha256:{Path(member.name).name}": content.read()
                for member in tar.getmembers()
                if member.isfile()
                and member.name.startswith("blobs/")
                and (content := tar.extractfile(member))
            }
    return blobs, blobs.pop(digest)


def make_known(shell: Shell, place: str) -> None:
    """The worker's runtime asks it without TLS; containerd reads the folder at every pull."""
    shell.put(HOSTS.format(place=place).encode(), f"{folder_of(shell, place)}/hosts.toml")


def forget(shell: Shell, place: str) -> None:
    shell.run(["rm", "--recursive", "--force", folder_of(shell, place)])


def folder_of(shell: Shell, place: str) -> str:
    return f"{shell.layout.directories.registries}/{place}"


def new_password() -> str:
    return secrets.token_urlsafe(16)
