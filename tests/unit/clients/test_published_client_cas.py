"""An authority that an API server published once and nobody took away."""

from pathlib import Path

import pytest

from infra.clients.apimachinery.aggregation import PUBLISHED
from infra.clients.auth.published_client_cas import forget_strangers, with_strangers
from infra.errors import WaitTimeout
from infra.pki import authority
from infra.pki.material import Material
from tests.unit.elections_fake import cluster
from tests.unit.fakes import FakeApi, no_time_passes


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return authority.create_all(cluster().spec, Path(tmp_path_factory.mktemp("pki")))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    no_time_passes(monkeypatch)


def published(material: Material, *names: str) -> dict[str, object]:
    own = {"requestheader-client-ca-file": material.cert("front-proxy-ca").decode()}
    return {"data": {"client-ca-file": "".join(material.cert(n).decode() for n in names), **own}}


class Republishing(FakeApi):
    """Its servers write the ConfigMap anew, with ``then``."""

    def __init__(self, now: dict[str, object], then: dict[str, object]) -> None:
        super().__init__({PUBLISHED: now})
        self.then = then

    def delete(self, path: str, *, grace_seconds: int | None = None) -> None:
        self.table[path] = self.then


def test_what_is_published_as_it_should_be_is_left_alone(material: Material) -> None:
    assert forget_strangers(FakeApi({PUBLISHED: published(material, "ca")}), material) == []
    assert forget_strangers(FakeApi({}), material) == []  # before the first API server


def test_a_further_authority_is_forgotten(material: Material) -> None:
    api = Republishing(published(material, "ca", "etcd-ca"), published(material, "ca"))
    assert forget_strangers(api, material) == ["client-ca-file"]
    assert with_strangers(api, material) == []


def test_a_server_that_still_publishes_it_is_told(material: Material) -> None:
    wrong = published(material, "ca", "etcd-ca")
    with pytest.raises(WaitTimeout, match="publish their own authorities and no other"):
        forget_strangers(Republishing(wrong, wrong), material)


def test_a_further_header_is_forgotten(material: Material) -> None:
    wrong, right = published(material, "ca"), published(material, "ca")
    wrong["data"] |= {"requestheader-group-headers": '["X-Group", "X-Remote-Group"]'}  # type: ignore[operator]
    assert forget_strangers(Republishing(wrong, right), material) == ["requestheader-group-headers"]
