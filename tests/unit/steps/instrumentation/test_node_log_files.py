"""Files below a worker's folder of logs: every Then-step goes red, as one understands."""

from typing import Any, cast

from infra.cluster import Cluster
from tests.steps.instrumentation import node_log_files as files
from tests.steps.instrumentation.node_log_files import Folder
from tests.unit.fakes import FakeShell, goes_red
from tests.unit.steps.instrumentation.test_node_log_query import NODE, FakeLogs, live, logs, shell

__all__ = ["live", "logs", "shell"]
FOLDER = Folder(NODE, "claim-1", "nonce", "marker")


def test_files(live: Cluster, logs: FakeLogs) -> None:
    logs.default = (200, "nonce\n")
    files.gives_nonce(live, FOLDER)
    logs.table["claim-1/file.log"] = (406, "no")
    goes_red("by query and by plain path; instead: .*406", files.gives_nonce, live, FOLDER)
    table = [["name"], ["the link that leads out"]]
    goes_red("the link that leads out: .*200", files.refuses_names, live, FOLDER, 406, table)
    logs.default = (406, "path escapes")
    files.refuses_names(live, FOLDER, 406, table)
    link, climbing = files.PLAIN
    goes_red("returns the content of .*406", files.plain_returns, live, [FOLDER], link)
    files.plain_returns(live, [FOLDER], climbing)
    logs.default = (200, "marker")
    files.plain_returns(live, [FOLDER], link)
    goes_red("returns nothing of .*200", files.plain_returns, live, [FOLDER], climbing)
    logs.default = (200, "")
    goes_red("returns nothing of .*200", files.plain_returns, live, [FOLDER], climbing)
    logs.default = (404, "marker")
    goes_red("returns nothing of .*404", files.plain_returns, live, [FOLDER], climbing)


def test_folders_are_removed(live: Cluster, shell: FakeShell) -> None:
    shell.answers |= {"mkdir": "", "ln": "", "rm": ""}
    scenario = cast("Any", files.folders).__wrapped__()
    *_, folder = files.folders_of_workers(live, next(scenario))
    scenario.close()
    assert shell.ran[-1] == ("rm", "-rf", f"/var/log/{folder.name}", folder.outside)
