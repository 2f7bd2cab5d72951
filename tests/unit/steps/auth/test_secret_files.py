"""Keys that others may read, or that lie where nobody signs: the Then-step goes red."""

from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from infra.clients.auth import secret_files
from infra.errors import CommandFailed
from tests.steps.auth import certificates as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, goes_red, not_judged

GOOD = "600 root /var/lib/kubernetes/kubelet-key.pem\n"
SIGNS = "600 root /var/lib/kubernetes/ca-key.pem\n"


READABLE = "env --chdir=/ setpriv --reuid=65534 --regid=65534 --clear-groups"


def has(readable: str = "", **files: str) -> Any:
    """A cluster with these files on a machine, by its name with an underscore; what the user nobody
    of controller-2 can read, too.
    """

    def shell(name: str) -> FakeShell:
        found = files.get(name.replace("-", "_"), GOOD)
        paths = [line.split()[-1] for line in found.splitlines()]
        sums = "".join(f"{digest(path)}  {path}\n" for path in paths)
        open_to_all = {
            f"{READABLE} test -r /etc/passwd": "",
            f"{READABLE} find /etc /home": readable if name == "controller-2" else "",
        }
        return FakeShell(name, {"find /etc/etcd": found, "sha256sum": sums, **open_to_all})

    return cluster(shell=shell, material=SimpleNamespace(key=str.encode))


def digest(path: str) -> str:
    """Of a file: one that is called old.pem is a copy of the key of etcd's authority."""
    content = "etcd-ca" if path.endswith("/old.pem") else path
    return sha256(content.encode()).hexdigest()


def test_keys_as_they_were_built() -> None:
    steps.keys_are_kept(has(controller_1=GOOD + SIGNS))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"worker_1": GOOD.replace("600", "644")}, "worker-1:.*kubelet-key.pem has mode 644"),
        ({"worker_0": GOOD.replace("600", "640")}, "worker-0:.*kubelet-key.pem has mode 640"),
        ({"worker_1": GOOD.replace("root", "www")}, "worker-1:.*kubelet-key.pem is www's"),
        ({"worker_1": GOOD + SIGNS}, "worker-1:.*/ca-key.pem signs for an authority"),
        (
            {"controller_2": SIGNS.replace("ca-key", "etcd-ca-key")},
            "controller-2:.*/etcd-ca-key.pem signs for an authority",
        ),
        (
            {"worker_1": GOOD + SIGNS.replace("ca-key", "old")},
            "worker-1:/var/lib/kubernetes/old.pem signs for an authority",
        ),
        (
            {"worker_1": GOOD + "644 root /var/lib/kubelet/kubelet-key.pem.bak\n"},
            "worker-1:/var/lib/kubelet/kubelet-key.pem.bak has mode 644",
        ),
    ],
)
def test_keys_that_others_may_read(files: dict[str, str], says: str) -> None:
    goes_red(
        f"only root reads keys and kubeconfigs; instead: {says}", steps.keys_are_kept, has(**files)
    )


def test_a_copy_elsewhere_that_anybody_reads() -> None:
    goes_red(
        "only root reads keys and kubeconfigs; instead: any user of controller-2 reads "
        "/etc/kubernetes/admin.conf$",
        steps.keys_are_kept,
        has("/etc/kubernetes/admin.conf\n"),
    )
    unasked = FakeShell("worker-0", {f"{READABLE} find": ""})
    with pytest.raises(CommandFailed, match=r"test -r /etc/passwd"):
        secret_files.open_on(unasked)


def test_a_machine_whose_keys_are_not_found() -> None:
    not_judged("worker-1 has no key and no kubeconfig", secret_files.files, has(worker_1=""))


def test_files_are_found_by_what_is_in_them() -> None:
    """Whatever they are called: a copy has any name."""
    shell = FakeShell("worker-1", {"find /etc/etcd": GOOD})
    secret_files.on_machine(shell)
    (find, *_) = shell.ran
    assert "PRIVATE KEY-----|client-key-data:|kind: EncryptionConfiguration" in find
    assert find[find.index("-exec") - 1] == "-o"
