"""Tags by which a feature says of which Kubernetes versions a scenario is: ``@since_1_37``.

The version that was named decides, and the cluster is never asked: one that lacks what its version
has is not excused.
"""

import re
from collections.abc import Iterable
from itertools import product

from infra.artifacts.catalog import all_minors, is_since, minor_of

TAG = re.compile(r"(since|until)_(\d+)_(\d+)")
TAGS = {
    f"{word}_{minor.replace('.', '_')}": meaning.format(minor)
    for (word, meaning), minor in product(
        {
            "since": "what comes with Kubernetes {}",
            "until": "what Kubernetes {} is the last to have",
        }.items(),
        (minor for minor, catalog in all_minors().items() if catalog.before),
    )
}
"""Every tag that a feature may ask with, and its meaning."""


def why_not_applicable(tags: Iterable[str], version: str) -> str:
    """Why a scenario with these tags is not of this version; empty when it is."""
    for found in (match for tag in sorted(tags) if (match := TAG.fullmatch(tag))):
        word, minor = found[1], f"{found[2]}.{found[3]}"
        if word == "since" and not is_since(version, minor):
            return f"comes with Kubernetes {minor}"
        if word == "until" and not is_since(minor, minor_of(version)):
            return f"until Kubernetes {minor}"
    return ""
