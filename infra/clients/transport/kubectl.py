"""The cluster's kubectl, run here as admin: drains and cordons are what a reader types."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Self

from infra.footprints import touched
from infra.timing import Bound

ENDS = Bound(60, "a kubectl command ends", "T20: it waits for nothing but answers")


@dataclass(frozen=True)
class Told:
    """How a command ended; ``text`` is both outputs in the order they came."""

    argv: tuple[str, ...]
    status: int
    text: str


@dataclass
class Running:
    """A command that goes on while the scenario does."""

    argv: tuple[str, ...]
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    said: str = ""

    def ended(self) -> bool:
        return self.process.poll() is not None

    def told(self) -> Told:
        """What it said so far; its status is -1 while it runs."""
        status = self.process.poll()
        if not self.output.closed:
            self.output.seek(0)
            self.said = self.output.read().decode()
        return Told(self.argv, -1 if status is None else status, self.said)

    def close(self) -> None:
        """Ends it if it still runs; what it said stays."""
        if not self.ended():
            self.process.terminate()
            self.process.wait()
        self.told()
        self.output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Kubectl:
    """The program and whom it asks as. Nothing of the caller's environment names a cluster."""

    program: Path
    kubeconfig: Path
    context: str = ""
    running: list[Running] = field(default_factory=list)

    def begin(self, *argv: str) -> Running:
        touched.tell(touched.by_kubectl(argv))
        output = TemporaryFile()  # noqa: SIM115 - read as it grows, gone with its last handle
        context = [f"--context={self.context}"] if self.context else []
        command = [str(self.program), *context, *argv]
        env = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=env)
        begun = Running(argv, process, output)
        self.running.append(begun)
        return begun

    def run(self, *argv: str, timeout: float = ENDS.seconds) -> Told:
        """Errors: subprocess.TimeoutExpired; the command was ended then."""
        with self.begin(*argv) as command:
            command.process.wait(timeout)
            return command.told()

    def version(self) -> str:
        """Of the program itself, like ``v1.36.1``."""
        words = self.run("version", "--client").text.split()
        return next((word for word in words if word.startswith("v1.")), "")

    def close(self) -> None:
        for command in self.running:
            command.close()
