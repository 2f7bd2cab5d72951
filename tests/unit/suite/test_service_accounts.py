"""An account's cluster-wide rights are its own, found again and removed; its token is not told."""

from pathlib import Path
from typing import Any

from infra.kube_api import Credentials
from suite.auth import service_accounts
from tests.unit.fakes import FakeApi

SERVICE_ACCOUNTS = "/api/v1/namespaces/claim-1/serviceaccounts"
RULES = [{"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]}]


def api(**more: Any) -> FakeApi:
    table = {
        f"POST {SERVICE_ACCOUNTS}": {},
        f"POST {SERVICE_ACCOUNTS}/monitor/token": {"status": {"token": "secret"}},
        f"POST {service_accounts.RBAC}/clusterroles": {},
        f"POST {service_accounts.RBAC}/clusterrolebindings": {},
    }
    return FakeApi({**table, **more})


def test_its_rights_carry_the_name_of_the_namespace() -> None:
    admin = api()
    service_accounts.make(admin, "claim-1", "monitor", RULES)
    role, binding = (
        body for _, path, body in admin.asked if path.startswith(service_accounts.RBAC)
    )
    assert role["metadata"]["name"] == "claim-1-monitor"
    assert role["rules"] == RULES
    assert binding["subjects"][0]["namespace"] == "claim-1"


def test_without_rules_it_has_no_rights() -> None:
    admin = api()
    service_accounts.make(admin, "claim-1", "monitor")
    assert not any(path.startswith(service_accounts.RBAC) for _, path, _ in admin.asked)


def test_its_token_is_in_no_message() -> None:
    account = service_accounts.make(api(), "claim-1", "monitor")
    assert "secret" not in repr(account)
    assert account.user == "system:serviceaccount:claim-1:monitor"


def test_it_asks_with_its_token_and_nothing_else() -> None:
    admin = api()
    admin.credentials = Credentials(ca=Path("ca.pem"), cert=Path("admin.pem"))
    account = service_accounts.make(admin, "claim-1", "monitor")
    own = account.credentials(admin)
    assert (own.ca, own.cert, own.token) == (Path("ca.pem"), None, "secret")


def test_removing_leaves_what_is_others() -> None:
    names = ["claim-1-monitor", "claim-12-monitor", "system:node"]
    listed = {"items": [{"metadata": {"name": name}} for name in names]}
    roles = f"{service_accounts.RBAC}/clusterroles"
    bindings = f"{service_accounts.RBAC}/clusterrolebindings"
    gone: dict[str, Any] = {f"DELETE {path}/claim-1-monitor": {} for path in (roles, bindings)}
    admin = FakeApi({roles: listed, bindings: listed, **gone})
    service_accounts.remove(admin, "claim-1")
    deleted = [path for method, path, _ in admin.asked if method == "DELETE"]
    assert deleted == [f"{bindings}/claim-1-monitor", f"{roles}/claim-1-monitor"]
