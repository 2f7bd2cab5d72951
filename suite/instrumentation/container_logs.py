"""A container's log: the file that the runtime writes, the link to it, and what the API gives.

Names: kubernetes pkg/kubelet/kuberuntime (helpers.go, legacy.go). Lines: containerd
internal/cri/io/logger.go; zeros at the end of a time's fraction are not written.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra.clients.workloads.cgroups import statuses_of
from infra.errors import ClaimError
from infra.kube_api import Answer
from infra.ssh import Shell
from infra.timing import Bound, scaled
from infra.wait import eventually
from suite.workloads.pod_under_test import RunningPod

LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z) (stdout|stderr) ([FP]) (.*)")
NONCE = re.compile(r"^complaint ([0-9a-f-]{36})$", re.MULTILINE)
PRINTED = Bound(30, "what a container prints is in its log", "written at once; a look at the API")
RESTART = Bound(45, "a container that ended runs again", "T25: back-off 10 s and 20 s, and a start")
BAD_OPTIONS = (
    {"sinceSeconds": "5", "sinceTime": "2026-01-01T00:00:00Z"},
    {"tailLines": "-1"},
    {"limitBytes": "0"},
)
"""ValidatePodLogOptions of kubernetes pkg/apis/core/validation."""


@dataclass(frozen=True)
class Line:
    time: str
    stream: str
    tag: str
    text: str

    @property
    def full_time(self) -> str:
        """Nine digits of a second, as the API writes them."""
        whole, _, fraction = self.time.removesuffix("Z").partition(".")
        return f"{whole}.{fraction:0<9}Z"

    def second(self, *, later: int = 0) -> str:
        """The whole second of its time, or one so many later, as ``sinceTime`` takes it."""
        whole = datetime.fromisoformat(self.time.partition(".")[0].removesuffix("Z"))
        return f"{whole + timedelta(seconds=later):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True)
class Log:
    """The log of the only container of a Pod."""

    pod: RunningPod

    @property
    def folder(self) -> str:
        name = f"{self.pod.pods.namespace}_{self.pod.name}_{self.pod.first.identity.uid}"
        return f"{self.pod.shell.layout.directories.pod_logs}/{name}"

    @property
    def file(self) -> str:
        return f"{self.folder}/{self.pod.only_container}/0.log"

    @property
    def link(self) -> str:
        (status,) = statuses_of(self.pod.first.pod)
        name = f"{self.pod.name}_{self.pod.pods.namespace}_{self.pod.only_container}"
        identity = status["containerID"].partition("://")[2]
        return f"{self.pod.shell.layout.directories.container_logs}/{name}-{identity}.log"

    def left(self) -> list[str]:
        """Which of the link and the Pod's folder are there."""
        listed = self.pod.shell.run(["ls", "-d", self.link, self.folder], check=False)
        return listed.stdout.split()

    def ask(self, **options: str) -> Answer:
        """What the API gives. Errors: ApiUnreachable."""
        path = self.pod.pods.path(self.pod.name, "log")
        return self.pod.pods.api.ask("GET", path, params=options)

    def stored(self) -> list[str]:
        """Lines of the file as they are on disk. Errors: CommandFailed."""
        return self.pod.shell.get(self.file).decode().splitlines()

    def lines(self) -> list[Line]:
        """Errors: ClaimError naming a line of another form."""
        return [parse(line) for line in self.stored()]

    def nonce(self, *, other_than: tuple[str, ...] = ()) -> str:
        """The nonce of the running instance, once all its lines are there. Errors: WaitTimeout."""
        return eventually(
            lambda: "".join(NONCE.findall(self.ask().text)[-1:]),
            lambda seen: bool(seen) and seen not in other_than,
            within=scaled(PRINTED.seconds + RESTART.seconds * len(other_than)),
            what=f"{self.pod.name} has printed a nonce other than {list(other_than)}",
        )


def parse(line: str) -> Line:
    found = LINE.fullmatch(line)
    if found is None:
        raise ClaimError(f"a stored line is not time, stream, tag and text: {line[:200]!r}")
    return Line(*found.groups())


def holding(shell: Shell, text: str) -> list[str]:
    """Files below a worker's folder of Pod logs that hold a text."""
    argv = ["grep", "--recursive", "--files-with-matches", text, shell.layout.directories.pod_logs]
    found = shell.run(argv, check=False)
    return found.stdout.split()
