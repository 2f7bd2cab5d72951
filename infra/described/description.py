"""What ``my.toml`` may say: how to reach a cluster, where its things are, what we may do to it.

A table that is absent is a means that we do not have: without ``[ssh]`` no machine is entered. What
is asked for in ``[may]`` is false unless it is written.
"""

from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    model_validator,
)

from infra.described import layouts
from infra.machine_layout import Layout

FOLDER = "folder"
"""Of the validation's context: where the file is, from where its relative paths begin."""
LONGEST_NAME = 31
"""Characters, as of every cluster's id."""
Role = Literal["controller", "worker", "controller+worker", "load-balancer"]


def placed(path: Path, info: ValidationInfo) -> Path:
    """With the home directory for ``~``, and from the file's directory when it is relative."""
    return Path((info.context or {}).get(FOLDER, ".")) / path.expanduser()


def a_file(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    return path


def a_directory(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"there is no directory {path}")
    return path


File = Annotated[Path, AfterValidator(placed), AfterValidator(a_file)]
Directory = Annotated[Path, AfterValidator(placed), AfterValidator(a_directory)]


class Table(BaseModel):
    """A table of the file; a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Ssh(Table):
    """``key`` absent: the agent's keys. ``jump`` is a host, like ``ubuntu@bastion:22``."""

    user: str = Field(min_length=1, examples=["ubuntu"])
    key: File | None = Field(default=None, examples=["~/.ssh/k8s"])
    known_hosts: File = Field(
        default=Path("~/.ssh/known_hosts"), validate_default=True, examples=["~/.ssh/known_hosts"]
    )
    port: int = Field(default=22, ge=1, le=65535, examples=[22])
    jump: str = Field(default="", pattern=r"^(([\w.-]+@)?[\w.-]+(:\d+)?)?$", examples=["bastion"])
    ssh_config: File | None = Field(default=None, examples=["~/.ssh/config"])


class DescribedMachine(Table):
    """``name`` is the node's, where the machine is one; ``ssh`` is a host or an address of it, the
    private one when it is absent; ``api`` is its own API server, ``instance`` its id on EC2.
    """

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", examples=["controller-0"])
    role: Role = Field(examples=["controller"])
    private: IPv4Address = Field(examples=["10.0.1.11"])
    ssh: str = Field(default="", examples=["controller-0"])
    api: str = Field(default="", pattern=r"^(https://\S+)?$", examples=["https://10.0.1.11:6443"])
    instance: str = Field(default="", pattern=r"^(i-[0-9a-f]+)?$", examples=["i-0123456789abcdef0"])

    @property
    def is_controller(self) -> bool:
        return self.role in ("controller", "controller+worker")

    @property
    def is_worker(self) -> bool:
        return self.role in ("worker", "controller+worker")

    @property
    def reached(self) -> str:
        """By SSH."""
        return self.ssh or str(self.private)


class DescribedLayout(Table):
    """``preset`` changes all places together; the other tables are single ones, by the names of
    infra/machine_layout.py. ``control_plane`` and ``kube_proxy`` are the preset's when empty.
    """

    preset: layouts.PresetName = Field(default="articles", examples=["kubeadm"])
    control_plane: Literal["", "units", "static-pods"] = Field(default="", examples=["static-pods"])
    kube_proxy: Literal["", "unit", "pods", "none"] = Field(default="", examples=["none"])
    units: dict[str, str] = Field(default={}, examples=[{"kubelet": "kubelet"}])
    leases: dict[str, str] = Field(default={}, examples=[{"scheduler": "kube-scheduler"}])
    ports: dict[str, int] = Field(default={}, examples=[{"kubelet": 10250}])
    addresses: dict[str, str] = Field(default={}, examples=[{"scheduler": "127.0.0.1"}])
    directories: dict[str, str] = Field(default={}, examples=[{"kubelet": "/var/lib/kubelet"}])
    files: dict[str, str] = Field(default={}, examples=[{"audit_log": "/var/log/audit.log"}])
    certificates: dict[str, str] = Field(default={}, examples=[{"etcd": "/etc/etcd/etcd.pem"}])
    kubeconfigs: dict[str, str] = Field(default={}, examples=[{"kubelet": "/etc/kubelet.conf"}])
    programs: dict[str, str] = Field(default={}, examples=[{"etcdctl": "/usr/bin/etcdctl"}])

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        layouts.changed(self.preset, self._changes())
        return self

    def _changes(self) -> dict[str, dict[str, str | int]]:
        return self.model_dump(exclude={"preset", "control_plane", "kube_proxy"})

    @property
    def places(self) -> Layout:
        return layouts.changed(self.preset, self._changes())

    @property
    def has_systemd_control_plane(self) -> bool:
        chosen = self.control_plane or layouts.PRESETS[self.preset].control_plane
        return chosen == "units"

    @property
    def proxy(self) -> str:
        """Where kube-proxy runs: ``unit``, ``pods`` or ``none``."""
        return self.kube_proxy or layouts.PRESETS[self.preset].kube_proxy


class Pki(Table):
    """``<name>.pem`` and ``<name>-key.pem``, as infra/pki/material.py names them."""

    directory: Directory = Field(examples=["~/k8s/pki"])


class Ec2(Table):
    """Machines are instances with their name in the tag Name, or with the id that they have."""

    region: str = Field(pattern=r"^[a-z]+(-[a-z0-9]+)+$", examples=["ap-southeast-1"])


class May(Table):
    """What a run may do to the cluster besides its own objects; it undoes it. Nothing is implied:
    not even a permission by another.
    """

    disrupt: StrictBool = Field(default=False, examples=[True])
    """Stop units, replace files of components, change nodes and objects that are not its own."""
    drain: StrictBool = Field(default=False, examples=[True])
    """Cordon and drain nodes, and open them again."""
    power_off: StrictBool = Field(default=False, examples=[True])
    """Stop machines and start them again, by ``[ec2]``."""
    storage: StrictBool = Field(default=False, examples=[True])
    """Bring the EBS CSI driver where there is none, and remove what was brought."""


class Description(Table):
    """All of the file. ``machine`` is empty where nothing but the API is known: its machines are
    the API's nodes then.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=LONGEST_NAME, examples=["mine"])
    kubeconfig: File = Field(examples=["~/.kube/config"])
    context: str = Field(default="", examples=["kubernetes-admin@kubernetes"])
    kubernetes: str = Field(pattern=r"^v\d+\.\d+\.\d+", examples=["v1.36.1"])
    ssh: Ssh | None = None
    machine: tuple[DescribedMachine, ...] = ()
    layout: DescribedLayout = DescribedLayout()
    pki: Pki | None = None
    ec2: Ec2 | None = None
    may: May = May()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        names = [one.name for one in self.machine]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two [[machine]] are named {twice[0]}: a name is one machine's")
        if self.ssh and not self.machine:
            raise ValueError("there is [ssh] and no [[machine]]: write a table for each machine")
        if self.may.power_off and self.ec2 is None:
            raise ValueError("[may] power_off needs [ec2], by which machines are started again")
        return self
