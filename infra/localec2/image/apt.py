"""Debian packages of any suite are had on this host without touching its own apt state.

The mirror is the one the host already uses; the signature is checked with Debian's keyring.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.errors import MissingArtifact, UserError, tail

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR_VARIABLE = "KFS_DEBIAN_MIRROR"
# Suites of Debian's main archive: a third party's "cloud-sdk-bookworm" must not be taken for it.
SUITES = {"bullseye", "bookworm", "trixie", "forky", "oldstable", "stable", "testing", "sid"}
ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)")


@dataclass(frozen=True)
class Apt:
    """A private apt: own lists, cache and sources in one directory."""

    root: Path
    mirror: str

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "APT_CONFIG": str(self.root / "apt.conf"), "LC_ALL": "C.UTF-8"}

    def run(self, argv: list[str], *, cwd: Path | None = None) -> str:
        done = subprocess.run(
            argv, env=self.environment, cwd=cwd, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise MissingArtifact(" ".join(argv), tail(done.stderr or done.stdout))
        return done.stdout


def private_apt(root: Path, suites: Iterable[str], *, etc: Path = Path("/etc/apt")) -> Apt:
    """Private apt over the host's mirror, its lists already read."""
    if not KEYRING.exists():
        raise UserError(f"{KEYRING} is missing: install the package debian-archive-keyring")
    apt = Apt(root, mirror(etc, os.environ))
    for folder in ("lists/partial", "cache/archives/partial", "parts"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "sources.list").write_text(
        "".join(f"deb [signed-by={KEYRING}] {apt.mirror} {suite} main\n" for suite in suites)
    )
    (root / "apt.conf").write_text(
        f'Dir::State::lists "{root}/lists";\nDir::State::status "/dev/null";\n'
        f'Dir::Cache "{root}/cache";\nDir::Etc::sourcelist "{root}/sources.list";\n'
        f'Dir::Etc::sourceparts "{root}/parts";\nAPT::Sandbox::User "root";\n'
        'Acquire::Languages "none";\n'
    )
    # An unreachable suite must be an error: by default apt only warns and keeps what it has.
    apt.run(["apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "update"])
    return apt


def candidate(apt: Apt, package: str) -> str | None:
    """Version of a package that the private apt would fetch, None when no suite has it."""
    found = re.search(r"Candidate: (\S+)", apt.run(["apt-cache", "policy", package]))
    return found[1] if found and found[1] != "(none)" else None


def mirror(etc: Path, environment: Mapping[str, str]) -> str:
    """Address of Debian's archive as this host's own apt knows it, in either style of sources."""
    if chosen := environment.get(MIRROR_VARIABLE):
        return chosen
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    for file in (file for file in files if file.is_file()):
        read = _deb822 if file.suffix == ".sources" else _one_line
        for uri, suite in read(file.read_text()):
            if suite in SUITES and "security" not in uri:
                return uri.rstrip("/")
    raise UserError(
        f"no source of Debian's archive in {etc}: name one by the variable {MIRROR_VARIABLE}"
    )


def _one_line(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if found := ONE_LINE.match(line.strip()):
            yield found["uri"], found["suite"]


def _deb822(text: str) -> Iterator[tuple[str, str]]:
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", kept):
        unfolded = re.sub(r"\n[ \t]+", " ", stanza)
        fields = dict(re.findall(r"(?m)^([\w-]+):[ \t]*(.*)$", unfolded))
        if fields.get("Enabled", "yes").strip().lower() in {"no", "false"}:
            continue
        if "deb" in fields.get("Types", "").split():
            for uri in fields.get("URIs", "").split():
                yield from ((uri, suite) for suite in fields.get("Suites", "").split())
