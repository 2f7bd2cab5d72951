"""Files below a worker's folder of logs, as its kubelet gives them; links that lead out of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from pytest_bdd import given, then

from infra.clients.instrumentation.node_log_query import LOGS
from infra.clients.node.kubelet_api import told
from infra.cluster import Cluster
from infra.ssh import Shell
from suite.expect import must_be_none
from suite.leftovers import new_name
from tests.steps.instrumentation.node_log_query import logs_of
from tests.steps.phrases import one_of, phrase

OUTSIDE = "/srv"
"""Not below the folder of logs, and nothing else of ours lies there."""


@dataclass(frozen=True)
class Folder:
    """A folder below a worker's logs: ``file.log`` holds ``nonce``, ``out`` leads to ``outside``,
    which holds ``marker``.
    """

    node: str
    name: str
    nonce: str
    marker: str

    @property
    def outside(self) -> str:
        return f"{OUTSIDE}/{self.name}"

    @property
    def names(self) -> dict[str, str]:
        """Names of files that lead out, by what features call them."""
        return {
            "the documented slash": f"/{self.name}/file.log",
            "the parent directory": f"../..{self.outside}",
            "an absolute path": self.outside,
            "the link that leads out": f"{self.name}/out",
        }


PLAIN = {
    "the plain path of each link returns the content": ("{0.name}/out", True),
    "a path that climbs out of the log directory returns nothing": ("../..{0.outside}", False),
}
"""Paths of a ``Folder``, and whether they lead to the file outside."""


@pytest.fixture
def folders() -> Iterator[list[tuple[Shell, Folder]]]:
    """Folders that a scenario makes; they are gone when it ends."""
    made: list[tuple[Shell, Folder]] = []
    try:
        yield made
    finally:
        for shell, folder in made:
            shell.run(["rm", "-rf", f"{LOGS}/{folder.name}", folder.outside])


@given(
    "a file with a nonce in the worker's log directory, and a link from it to a file outside",
    target_fixture="folder",
)
def folder_of_changed(
    cluster: Cluster, changed: str, folders: list[tuple[Shell, Folder]]
) -> Folder:
    return make(cluster.shell(changed), folders)


@given("a link in each worker's log directory to a file outside", target_fixture="linked")
def folders_of_workers(cluster: Cluster, folders: list[tuple[Shell, Folder]]) -> list[Folder]:
    return [make(cluster.shell(worker.name), folders) for worker in cluster.spec.workers]


@then("for the relative name of the file, the kubelet returns the nonce")
def gives_nonce(cluster: Cluster, folder: Folder) -> None:
    logs = logs_of(cluster, folder.node)
    answers = [logs.query(f"{folder.name}/file.log"), logs.plain(f"{folder.name}/file.log")]
    wrong = [told(one) for one in answers if one.status != 200 or folder.nonce not in one.text]
    must_be_none(wrong, f"the kubelet gives {folder.nonce}, by query and by plain path")


@then(phrase("for these names, the kubelet answers {status:Count}"))
def refuses_names(
    cluster: Cluster, folder: Folder, status: int, datatable: list[list[str]]
) -> None:
    logs = logs_of(cluster, folder.node)
    answers = {name: logs.query(folder.names[name]) for (name,) in datatable[1:]}
    wrong = [
        f"{name}: {told(one)}"
        for name, one in answers.items()
        if one.status != status or folder.nonce in one.text or folder.marker in one.text
    ]
    must_be_none(wrong, f"names that lead out of {LOGS} are refused with {status}")


@then(phrase("{path:Path} of the file outside", Path=one_of(PLAIN)))
def plain_returns(cluster: Cluster, linked: list[Folder], path: str) -> None:
    way, follows = PLAIN[path]
    asked = [(f, logs_of(cluster, f.node).plain(way.format(f))) for f in linked]
    wrong = [told(a) for f, a in asked if [a.status == 200, f.marker in a.text] != [follows] * 2]
    must_be_none(wrong, f"{path} of the file outside")


def make(shell: Shell, folders: list[tuple[Shell, Folder]]) -> Folder:
    folder = Folder(shell.name, new_name(), str(uuid4()), str(uuid4()))
    folders.append((shell, folder))
    shell.run(["mkdir", f"{LOGS}/{folder.name}"])
    shell.put(f"{folder.nonce}\n".encode(), f"{LOGS}/{folder.name}/file.log")
    shell.put(f"{folder.marker}\n".encode(), folder.outside)
    shell.run(["ln", "--symbolic", folder.outside, f"{LOGS}/{folder.name}/out"])
    return folder
