"""The build looks past an API server that starts or ends, and past nothing else."""

from typing import Any

import pytest

from infra.build import objects
from infra.errors import NotJudged
from infra.kube_api import ApiRefused
from tests.unit.fakes import FakeApi, no_time_passes


def test_an_object_is_stored_past_an_api_server_that_is_going_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    no_time_passes(monkeypatch)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}
    path = "/api/v1/namespaces/n"
    answers = [(503, {"message": "apiserver is shutting down"}), (200, version("2"))]
    api = FakeApi({f"GET {path}": version("1")})
    asked = api.ask

    def patched(method: str, where: str, **how: Any) -> Any:
        if method == "PATCH":
            api.table[f"PATCH {path}"] = answers.pop(0)
        return asked(method, where, **how)

    monkeypatch.setattr(api, "ask", patched)
    assert objects.stored(api, namespace, within=9)
    answers[:] = [(403, {"message": "forbidden"})]
    with pytest.raises(ApiRefused, match="forbidden"):
        objects.stored(api, namespace, within=9)
    answers[:] = [(500, {"message": "etcdserver: no space"})]
    with pytest.raises(NotJudged, match=r"until its alarm is disarmed; .* etcdctl alarm disarm"):
        objects.stored(api, namespace, within=9)


def version(number: str) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": number}}
