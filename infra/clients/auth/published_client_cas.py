"""Whom API servers publish that they trust, for aggregated API servers to go by.

Each adds its authorities to what is published and takes none away (k8s.io/kubernetes
pkg/controlplane/controller/clusterauthenticationtrust): one that trusted a further authority for a
minute leaves it behind, and metrics-server lets that authority's clients in ever after.
"""

import json
import re
from collections.abc import Mapping

from infra.clients.apimachinery.aggregation import PUBLISHED
from infra.kube_api import Api
from infra.pki.material import Material
from infra.timing import scaled
from infra.wait import eventually

REPUBLISHED = 90.0
"""Seconds: the controller looks at each change, and once a minute (same file), and half more."""
KEYS = {"client-ca-file": "ca", "requestheader-client-ca-file": "front-proxy-ca"}
"""Of the ConfigMap, and the one authority that belongs there (articles 4 and 61)."""
LISTS = {
    "requestheader-allowed-names": "front-proxy-client",
    "requestheader-username-headers": "X-Remote-User",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
}
"""Of the ConfigMap, lists in JSON, and the one entry that belongs there (article 7's flags)."""
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def forget_strangers(api: Api, material: Material) -> list[str]:
    """Keys with further authorities: what is published is removed, and its servers write it anew.

    Errors: WaitTimeout when a server still publishes them.
    """
    found = with_strangers(api, material)
    if found:
        api.delete(PUBLISHED)
        eventually(
            lambda: (api.find(PUBLISHED) is not None, with_strangers(api, material)),
            lambda seen: seen == (True, []),
            within=scaled(REPUBLISHED),
            what="the API servers publish their own authorities and no other",
        )
    return found


def with_strangers(api: Api, material: Material) -> list[str]:
    """Keys under which another authority, name or header than ours is published, or one more."""
    data = (api.find(PUBLISHED) or {}).get("data") or {}
    lists = [key for key, own in LISTS.items() if set(entries(data, key)) - {own}]
    return lists + [
        key
        for key, name in KEYS.items()
        if key in data and certificates(data[key]) - certificates(material.cert(name).decode())
    ]


def other_lists(data: Mapping[str, str]) -> list[str]:
    """Names and headers that are published and are not the one of each kind."""
    found = {key: entries(data, key) for key in LISTS}
    return [f"{key} is {has}" for key, has in found.items() if has != [LISTS[key]]]


def entries(data: Mapping[str, str], key: str) -> list[str]:
    return [str(one) for one in json.loads(data.get(key, "[]"))]


def certificates(text: str) -> set[str]:
    return {"".join(one.split()) for one in CERTIFICATE.findall(text)}
