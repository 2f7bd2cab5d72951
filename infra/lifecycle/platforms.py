"""Where a cluster runs: the one place that knows. Others see an EC2 client and addresses."""

import json
import shutil
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from infra import ec2
from infra.artifacts.store import Store
from infra.cluster import Cluster
from infra.desired.apply import Supplies
from infra.ec2.api import Iam
from infra.errors import UserError
from infra.inventory import ClusterSpec
from infra.lifecycle import aws_account, cluster_identity, state_dir
from infra.lifecycle.cluster_identity import Identity
from infra.lifecycle.machines import idle_power_off, machine_addresses
from infra.localec2 import doctor, service, temper
from infra.localec2.image import debian, rootfs
from infra.localec2.image import kernel as kernels
from infra.progress import Progress
from infra.settings import Settings

OPERATOR = service.OPERATOR_CIDR
MADE_OF = "localec2.json"
"""Which kernel and image the local EC2 was started with, to start it again."""
MY_ADDRESS = "https://checkip.amazonaws.com"
"""AWS's own answer to "which address do I come from", for the security group."""

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""By no proxy (HTTPS_PROXY): SSH goes by none either, so that a proxy's address is not ours."""


@dataclass(frozen=True)
class Site:
    """A platform ready for provisioning.

    ``endpoint`` None means AWS; ``public`` says whether all is as on AWS: this run reaches machines
    by their public addresses; ``allowed_cidr`` is where it comes from; ``zone`` is where a new
    network is.
    """

    endpoint: str | None
    allowed_cidr: str
    public: bool
    zone: str | None = None

    @property
    def admits(self) -> str:
        """Whom a security group lets in; empty where this run is in the network itself."""
        return self.allowed_cidr if self.public else ""

    def client(self, settings: Settings) -> ec2.Client:
        return ec2.client(self.endpoint, settings.region, like_amazons=self.public)

    def iam(self, settings: Settings) -> Iam:
        return ec2.iam(self.endpoint, settings.region, like_amazons=self.public)


@dataclass(frozen=True)
class Instances:
    """The cluster's machines as EC2 sees them, by name; ``public``: we reach them by public
    addresses, which the record in ``state`` has.
    """

    client: ec2.Client
    cluster: str
    state: Path
    public: bool

    def look(self, machine: str) -> ec2.InstanceInfo:
        """Errors: PlatformError; KeyError when EC2 knows no such machine."""
        found = ec2.instances(self.client, self.cluster)
        return {str(name): info for name, info in found.items()}[machine]

    def start(self, machine: str) -> None:
        """Errors: PlatformError."""
        ec2.start(self.client, self.look(machine).id)
        if self.public:  # it has another one since
            now = machine_addresses.of(machine, self.look(machine), public=True)
            machine_addresses.moved(self.state, machine, now)

    def stop(self, machine: str) -> None:
        """Errors: PlatformError."""
        ec2.stop(self.client, self.look(machine).id)


def instances(settings: Settings, spec: ClusterSpec) -> Instances:
    """Of a cluster that was built; its network is entered. Errors: UserError, PlatformError."""
    if settings.platform == "local":
        near = find_local(settings)
        return Instances(near.client(settings), spec.id, settings.state, public=near.public)
    return Instances(ec2.client(None, settings.region), spec.id, settings.state, public=True)


def identify(settings: Settings) -> Identity:
    """Which cluster the state directory is of; written there when it is new.

    Errors: UserError when it is in another AWS account, PlatformError without credentials.
    """
    if settings.platform == "local":
        return cluster_identity.ensure(settings)
    return aws_account.identify(settings)


@dataclass(frozen=True)
class Aws:
    """EC2 and IAM as a scenario uses them; ``endpoint`` is how a Pod finds EC2, None on AWS."""

    ec2: ec2.Client
    iam: Iam
    endpoint: str | None


def aws(settings: Settings) -> Aws:
    """Of a cluster that was built. Errors: UserError when there is none."""
    if settings.platform == "local":
        near = find_local(settings)
        return Aws(near.client(settings), near.iam(settings), service.ENDPOINT_OF_MACHINES)
    return Aws(ec2.client(None, settings.region), ec2.iam(None, settings.region), None)


def open_site(settings: Settings, store: Store, supplied: Supplies, progress: Progress) -> Site:
    """Starts or finds the platform and enters its network.

    Errors: UserError, MissingArtifact, PlatformError.
    """
    if settings.platform == "aws":
        spec = identify(settings).spec(settings.kubernetes)
        return replace(from_here(settings), zone=aws_account.zone(settings, spec))
    seed = temper.seed(settings.local_temper, settings.local_temper_seed, _made_of(settings))
    made_of = make(store, supplied, progress) | {temper.SEED: seed}
    (settings.state / MADE_OF).write_text(json.dumps(made_of))
    if seed is not None:
        progress.say(temper.told(seed))
    with progress.stage("local EC2"):
        return find_local(settings, say=progress.say)


def site(settings: Settings) -> Site:
    """Of a cluster that was built; its network is entered. Errors: UserError, PlatformError."""
    return from_here(settings) if settings.platform == "aws" else find_local(settings)


def from_here(settings: Settings) -> Site:
    """AWS, open to where this run comes from. Errors: UserError when that cannot be learned."""
    if settings.allowed_cidr:
        return Site(None, str(settings.allowed_cidr), public=True)
    try:
        with DIRECT.open(MY_ADDRESS, timeout=10) as answer:
            address = IPv4Address(answer.read().decode().strip())
    except (OSError, ValueError) as error:
        raise UserError(
            f"{MY_ADDRESS} does not tell which IPv4 address this run comes from ({error}): name "
            "the range that SSH is to be open to, like KFS_ALLOWED_CIDR=198.51.100.7/32"
        ) from error
    return Site(None, f"{address}/32", public=True)


def preloads(settings: Settings) -> bool:
    """Whether machines come with all container images; those of the local EC2 could pull none."""
    return settings.platform == "local"


def node_tools(store: Store, progress: Progress) -> Path:
    """Debian's tools for the image of the EBS CSI driver. Errors: MissingArtifact, UserError."""
    return debian.node_tools(store_root=store.root, say=progress.say)


def make(store: Store, supplied: Supplies, progress: Progress) -> dict[str, Any]:
    """What the local EC2 is made of, ``kernel`` and ``image`` by path; built when not cached."""
    with progress.stage("machine kernel"):
        kernel = kernels.kernel(store_root=store.root, say=progress.say)
    with progress.stage("machine image"):
        image = rootfs.base_image(
            store_root=store.root,
            binaries=supplied.binaries,
            images=tuple(supplied.images.values()),
            say=progress.say,
        )
    return {"kernel": str(kernel), "image": str(image)}


def find_local(settings: Settings, say: Callable[[str], None] = lambda _: None) -> Site:
    """The local EC2 of this state directory, started again if it died; its network entered."""
    made_of = _made_of(settings)
    if made_of is None:
        raise UserError(f"no local EC2 was ever started in {settings.state}; run: ./kfs up")
    seed = temper.seed(settings.local_temper, settings.local_temper_seed, made_of)
    kernel, image = Path(made_of["kernel"]), Path(made_of["image"])
    endpoint = service.start_or_find(
        settings.state, kernel=kernel, image=image, say=say, temper_seed=seed
    )
    service.enter(endpoint.netns)
    return Site(endpoint.url, OPERATOR, public=seed is not None)


def _made_of(settings: Settings) -> dict[str, Any] | None:
    path = settings.state / MADE_OF
    return json.loads(path.read_text()) if path.exists() else None


def remove(settings: Settings, progress: Progress) -> None:
    """Removes the cluster's machines, and then its state directory; fine when there is nothing.

    Errors: UserError when it is not this state directory's, PlatformError naming what is left.
    """
    if settings.platform == "local":
        service.stop(settings.state, say=progress.say)
    else:
        aws_account.remove(settings, progress)
    if settings.state.exists():
        # its identity goes last: without it the record would be one of no uuid
        (settings.state / state_dir.RECORD).unlink(missing_ok=True)
        shutil.rmtree(settings.state)


def renew(settings: Settings) -> None:
    """It is used: on AWS it expires later now. Errors: UserError, PlatformError."""
    if settings.platform == "aws":
        aws_account.renew(settings)


def idle_hours(settings: Settings) -> int | None:
    """After so many hours without use a machine powers itself off; None: never, as it costs
    nothing.
    """
    return settings.ttl_hours if settings.platform == "aws" else None


def put_off(settings: Settings, cluster: Cluster) -> None:
    """It is used: its machines run for their hours from now. Errors: those of the shells."""
    if (hours := idle_hours(settings)) is not None:
        idle_power_off.put_off(cluster, hours)


def require(settings: Settings, store: Store) -> None:
    """Errors: UserError that lists everything that this machine, or the AWS account, lacks."""
    if settings.platform == "aws":
        aws_account.require(settings)
        return
    found = doctor.problems(settings.state_root, store.root)
    if found:
        raise UserError("this machine cannot run the local EC2:\n  " + "\n  ".join(found))
