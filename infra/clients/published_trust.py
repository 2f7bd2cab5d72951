"""Whom API servers publish that they trust, for aggregated API servers to go by.

Each adds its authorities to what is published and takes none away (k8s.io/kubernetes
pkg/controlplane/controller/clusterauthenticationtrust): one that trusted a further authority for a
minute leaves it behind, and metrics-server lets that authority's clients in ever after.
"""

import re

from infra.clients.aggregation import PUBLISHED
from infra.clients.api import Api
from infra.pki.material import Material
from infra.timing import scaled
from infra.wait import eventually

REPUBLISHED = 90.0
"""Seconds: the controller looks at each change, and once a minute (same file), and half more."""
KEYS = {"client-ca-file": "ca", "requestheader-client-ca-file": "front-proxy-ca"}
"""Of the ConfigMap, and the one authority that belongs there (articles 4 and 61)."""
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
    """Keys under which another authority than ours is published, or one more."""
    data = (api.find(PUBLISHED) or {}).get("data") or {}
    return [
        key
        for key, name in KEYS.items()
        if key in data and certificates(data[key]) - certificates(material.cert(name).decode())
    ]


def certificates(text: str) -> set[str]:
    return {"".join(one.split()) for one in CERTIFICATE.findall(text)}
