"""What is on a machine now, read for a list of things in a handful of commands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra.desired import things as t
from infra.machine_layout import SERIES
from infra.ssh import Shell

BINARIES = "/usr/local/share/kubernetes-from-scratch/binaries.tsv"
"""Written when the machine image was made: path, sha256, size, mtime. It spares hashing 60 MB."""


@dataclass(frozen=True)
class PathFact:
    """A path as it is. ``mode`` like 0o644; ``mtime`` in seconds of the machine's clock."""

    mode: int
    owner: str
    mtime: int
    sha256: str | None = None


@dataclass(frozen=True)
class UnitFact:
    """A unit as systemd has it; ``since`` is when it became active, machine's clock, 0 if not."""

    active: bool
    enabled: bool
    since: float


@dataclass(frozen=True)
class Facts:
    paths: Mapping[str, PathFact] = field(default_factory=dict)
    units: Mapping[str, UnitFact] = field(default_factory=dict)
    images: frozenset[str] = frozenset()
    packages: frozenset[str] = frozenset()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Lines of nftables' tables by family and name, as the kernel has them now."""


def read(shell: Shell, things: Iterable[t.Thing]) -> Facts:
    """Facts about exactly these things. Errors: those of ``shell``."""
    wanted = list(things)
    paths = [p for p in map(path_of, wanted) if p]
    units = sorted({x.unit for x in wanted if isinstance(x, t.Running)} | unit_names(wanted))
    packages = [x.name for x in wanted if isinstance(x, t.Package)]
    made = [one for x in wanted if isinstance(x, t.Running) for one in x.makes]
    sysctls = [x.key for x in (*wanted, *made) if isinstance(x, t.Sysctl)]
    tables = [x.name for x in made if isinstance(x, t.NftTable)]
    return Facts(
        paths=read_paths(shell, paths, {x.path for x in wanted if isinstance(x, t.Binary)}),
        units=read_units(shell, units),
        images=read_images(shell) if any(isinstance(x, t.Image) for x in wanted) else frozenset(),
        packages=read_packages(shell, packages),
        sysctls=read_sysctls(shell, sysctls),
        tables={name: read_table(shell, name) for name in tables},
    )


def path_of(thing: t.Thing) -> str | None:
    match thing:
        case t.Directory() | t.File() | t.Secret() | t.Binary():
            return thing.path
        case t.Unit():
            return unit_path(thing.name)
    return None


def unit_path(name: str) -> str:
    return SERIES.unit_file(name)  # what we build is the series' own


def unit_names(things: Iterable[t.Thing]) -> set[str]:
    return {x.name for x in things if isinstance(x, t.Unit)}


def read_paths(shell: Shell, paths: list[str], binaries: set[str]) -> dict[str, PathFact]:
    if not paths:
        return {}
    stats = shell.run(["stat", "-L", "-c", "%a %U %Y %s %F|%n", "--", *paths], check=False)
    seen: dict[str, tuple[PathFact, int, bool]] = {}
    for line in stats.stdout.splitlines():
        head, path = line.split("|", 1)
        mode, owner, mtime, size, kind = head.split(" ", 4)
        fact = PathFact(int(mode, 8), owner, int(mtime))
        seen[path] = (fact, int(size), "file" in kind)
    known = baked(shell, seen, binaries & set(seen))
    hashable = [p for p, (_, _, is_file) in seen.items() if is_file and p not in known]
    sums = {**known, **sha256(shell, hashable)}
    return {
        path: PathFact(fact.mode, fact.owner, fact.mtime, sums.get(path))
        for path, (fact, _, _) in seen.items()
    }


def baked(
    shell: Shell, seen: Mapping[str, tuple[PathFact, int, bool]], paths: set[str]
) -> dict[str, str]:
    """Hashes of binaries that are still, by size and mtime, as the machine image has them."""
    if not paths:
        return {}
    result: dict[str, str] = {}
    for line in shell.run(["cat", BINARIES], check=False).stdout.splitlines():
        path, digest, size, mtime = line.split("\t")
        if path in paths and (seen[path][0].mtime, seen[path][1]) == (int(mtime), int(size)):
            result[path] = digest
    return result


def sha256(shell: Shell, paths: list[str]) -> dict[str, str]:
    if not paths:
        return {}
    out = shell.run(["sha256sum", "--", *paths], check=False).stdout
    return {line[66:]: line[:64] for line in out.splitlines()}


def read_units(shell: Shell, units: list[str]) -> dict[str, UnitFact]:
    if not units:
        return {}
    show = shell.run(
        [
            "systemctl",
            "show",
            "--timestamp=unix",
            "--property=Id,ActiveState,UnitFileState,ActiveEnterTimestamp",
            *[f"{u}.service" for u in units],
        ]
    )
    return dict(parse_unit(block) for block in show.stdout.split("\n\n") if block.strip())


def parse_unit(block: str) -> tuple[str, UnitFact]:
    values = dict(line.split("=", 1) for line in block.strip().splitlines())
    since = values.get("ActiveEnterTimestamp", "").lstrip("@")
    return values["Id"].removesuffix(".service"), UnitFact(
        active=values["ActiveState"] in ("active", "activating", "reloading"),
        enabled=values["UnitFileState"] in ("enabled", "static", "generated", "alias"),
        since=float(since or 0),
    )


def read_images(shell: Shell) -> frozenset[str]:
    """References in containerd's store; empty while containerd does not run yet."""
    got = shell.run(["ctr", "-n", "k8s.io", "images", "ls", "-q"], check=False)
    return frozenset(got.stdout.split())


def read_packages(shell: Shell, names: list[str]) -> frozenset[str]:
    if not names:
        return frozenset()
    got = shell.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\n", *names], check=False
    )
    return frozenset(line.split()[1] for line in got.stdout.splitlines() if line.startswith("ii"))


def read_sysctls(shell: Shell, keys: list[str]) -> dict[str, str]:
    if not keys:
        return {}
    got = shell.run(["sysctl", "-e", *keys], check=False)
    pairs = (line.split(" = ", 1) for line in got.stdout.splitlines() if " = " in line)
    return {key: value.strip() for key, value in pairs}


def read_table(shell: Shell, name: str) -> frozenset[str]:
    """Its lines; none when there is no such table, or no program to tell."""
    got = shell.run(["nft", "list", "table", *name.split()], check=False)
    return frozenset(line.strip() for line in got.stdout.splitlines())
