"""What a machine shall hold: the nouns that phases are written in.

Few on purpose: a new kind of thing needs an ADR.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Directory:
    path: str
    mode: int = 0o755
    owner: str = "root"


@dataclass(frozen=True)
class File:
    """A file with text content that may be shown in golden trees and reports."""

    path: str
    content: str
    mode: int = 0o644
    owner: str = "root"


@dataclass(frozen=True)
class Secret:
    """A file whose content never appears in a log, a golden tree or a report."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o600
    owner: str = "root"


@dataclass(frozen=True)
class Binary:
    """A pinned component's executable at ``path``; content comes from the artifacts by ``name``."""

    name: str
    path: str


@dataclass(frozen=True)
class Image:
    """A container image in containerd's store; content comes from the artifacts."""

    reference: str


@dataclass(frozen=True)
class Package:
    """A Debian package, for what is not a pinned component (HAProxy, base tools)."""

    name: str


@dataclass(frozen=True)
class Sysctl:
    key: str
    value: str


@dataclass(frozen=True)
class NftTable:
    """A table of nftables, ``name`` with its family, that holds at least these ``lines``."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Unit:
    """A systemd unit file ``/etc/systemd/system/<name>.service``, enabled at boot."""

    name: str
    content: str


@dataclass(frozen=True)
class Running:
    """The unit is active; it is restarted when one of the ``restarts_on`` paths changed, or when
    the kernel has not what it ``makes``: somebody else changed that since.

    An empty ``restarts_on`` means: its own unit file only.
    """

    unit: str
    restarts_on: tuple[str, ...] = ()
    makes: tuple[Sysctl | NftTable, ...] = ()


Thing = Directory | File | Secret | Binary | Image | Package | Sysctl | Unit | Running
