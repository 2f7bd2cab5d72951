"""Keys that others may read, or that lie where nobody signs: the Then-step goes red."""

from typing import Any

import pytest

from infra.clients.auth import secret_files
from tests.steps.auth import certificates as steps
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeShell, goes_red, not_judged

GOOD = "600 root /var/lib/kubernetes/kubelet-key.pem\n"
SIGNS = "600 root /var/lib/kubernetes/ca-key.pem\n"


def has(**files: str) -> Any:
    """A cluster with these files on a machine, by its name with an underscore."""

    def shell(name: str) -> FakeShell:
        return FakeShell(name, {"find /etc/etcd": files.get(name.replace("-", "_"), GOOD)})

    return cluster(shell=shell)


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
    ],
)
def test_keys_that_others_may_read(files: dict[str, str], says: str) -> None:
    goes_red(
        f"only root reads keys and kubeconfigs; instead: {says}", steps.keys_are_kept, has(**files)
    )


def test_a_machine_whose_keys_are_not_found() -> None:
    not_judged("worker-1 has no key and no kubeconfig", secret_files.files, has(worker_1=""))
