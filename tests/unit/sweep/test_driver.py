"""Arguments of the EBS CSI driver are swept in the run that installs it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.inventory import series
from infra.phases import ebs_csi
from infra.settings import Settings
from tests.sweep import driver, judging
from tests.sweep.scope import Question
from tests.sweep.setting import Argument, Setting

SPEC = series("test", kubernetes="v1.36.1", platform="local")
ARGUMENTS = ["controller", "--batching=true", "--extra-create-metadata", "--v=2"]
OURS = "--extra-tags=kubernetes-from-scratch/cluster=test"
"""What we add to upstream's."""
PATH = "/apis/apps/v1/namespaces/kube-system/deployments/c"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    container = {"name": "ebs-plugin", "image": "x/y:1", "args": list(ARGUMENTS)}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "c"},
        "spec": {"template": {"spec": {"containers": [container, {"name": "z", "image": "z:1"}]}}},
    }
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole"}
    role["metadata"] = {"name": "r"}  # type: ignore[assignment]
    for part, items in {"base": [deployment, role], "snapshot-controller": []}.items():
        (tmp_path / part).mkdir()
        (tmp_path / part / "a.yaml").write_text(yaml.safe_dump_all(items))
    return tmp_path


@pytest.fixture
def found(folder: Path) -> dict[str, Setting]:
    return {one.key: one for one in driver.settings(SPEC, folder)}


def arguments(items: list[dict[str, Any]]) -> list[str]:
    (deployment,) = (one for one in items if one["kind"] == "Deployment")
    args: list[str] = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    return args


def test_every_argument_is_swept_that_a_claim_could_notice(found: dict[str, Setting]) -> None:
    where = "ebs-csi: Deployment c ebs-plugin"
    assert list(found) == [
        f"{where}: controller is left out",
        f"{where}: --batching=true is false",
        f"{where}: --extra-create-metadata is left out",
    ]


def test_without_upstreams_manifests_there_is_none() -> None:
    assert driver.settings(SPEC, None) == []


def test_an_argument_is_changed_in_what_a_run_installs(
    folder: Path, found: dict[str, Setting], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = found["ebs-csi: Deployment c ebs-plugin: --batching=true is false"].argument
    assert changed
    monkeypatch.setattr(ebs_csi, "objects", ebs_csi.objects)  # put back what the plug-in changes
    for name, value in driver.environment(changed).items():
        monkeypatch.setenv(name, value)
    driver.pytest_configure()
    items = ebs_csi.objects(folder, SPEC, endpoint=None)
    assert arguments(items) == ["controller", "--batching=false", *ARGUMENTS[2:], OURS]
    assert len(items) == 2


def test_an_argument_is_left_out(folder: Path) -> None:
    items = ebs_csi.objects(folder, SPEC, endpoint=None)
    made = [driver.with_argument(i, Argument(PATH, "ebs-plugin", "controller", "")) for i in items]
    assert arguments(made) == [*ARGUMENTS[1:], OURS]
    assert arguments(items) == [*ARGUMENTS, OURS]


def test_an_argument_that_is_no_more_is_told(folder: Path) -> None:
    old = Argument(PATH, "ebs-plugin", "--old", "")
    with pytest.raises(KeyError, match="the sweep is out of date"):
        [driver.with_argument(i, old) for i in ebs_csi.objects(folder, SPEC, endpoint=None)]


def test_a_run_is_told_by_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[str], dict[str, str]]] = []

    def run(argv: list[str], environ: dict[str, str], _: float) -> tuple[int, str]:
        seen.append((argv, environ))
        return 0, ""

    monkeypatch.setattr(judging, "run", run)
    settings = Settings(cluster_id="test")
    judging.ask(
        settings, Question("claim_44_1"), 60.0, Argument(PATH, "ebs-plugin", "controller", "")
    )
    judging.ask(settings, Question("claim_44_1"), 60.0)
    (argv, changed), (_, usual) = seen
    assert "tests.sweep.driver" in argv
    assert '"word": "controller"' in changed[driver.CHANGED]
    assert driver.CHANGED not in usual
    assert (usual["KFS_CLUSTER_ID"], usual["KFS_KEEP"]) == ("test", "always")
