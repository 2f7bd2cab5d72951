"""Findings as ``my.toml``: what was seen as values, everything else as comments."""

import json
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.described.layouts import PRESETS
from infra.survey.candidates import Candidate
from infra.survey.findings import Findings
from infra.survey.places import Key, Value

WIDTH = 100
"""Characters of a line of comment."""
LATER = """
# [pki]                             # for claims that sign certificates: needs the keys of the CAs
# directory = "~/k8s/pki"           # with ca.pem, ca-key.pem, admin.pem, admin-key.pem ...

# [ec2]                             # for claims that stop machines or make volumes
# region = "ap-southeast-1"

[may]                               # what a run may do besides its own objects; it undoes it
disrupt = false                     # stop units, replace files of components
drain = false                       # cordon and drain nodes
power_off = false                   # stop machines, by [ec2]
storage = false                     # bring the EBS CSI driver where there is none
"""


def text(
    found: Findings,
    *,
    name: str,
    kubeconfig: Path,
    context: str = "",
    ssh: Mapping[str, str | int] | None = None,
) -> str:
    """``ssh`` is its table, by key; None: no machine was to be entered."""
    return "\n".join(
        [
            *comment(
                f"Written by kfs describe, by looking at {found.server}. What could not be seen is "
                "a comment. Read docs/YOUR_CLUSTER.md before a run."
            ),
            *comment_all(found.remarks),
            pair("name", name),
            pair("kubeconfig", str(kubeconfig)),
            *([pair("context", context)] if context else []),
            pair("kubernetes", found.version),
            *ssh_table(ssh),
            *(line for one in found.machines for line in machine(one)),
            *layout(found),
            LATER,
        ]
    )


def ssh_table(ssh: Mapping[str, str | int] | None) -> Iterator[str]:
    yield ""
    if ssh is None:
        yield from comment("No [ssh]: no machine is entered. kfs describe --ssh-user writes it.")
        return
    yield "[ssh]"
    yield from (pair(key, value) for key, value in ssh.items())


def machine(one: Candidate) -> Iterator[str]:
    yield ""
    yield "[[machine]]" + (f"  # {one.about}" if one.about else "")
    yield pair("name", one.name)
    yield pair("role", one.role)
    yield pair("private", one.private)
    if one.ssh:
        yield pair("ssh", one.ssh)
    if one.api:
        yield pair("api", one.api)


def layout(found: Findings) -> Iterator[str]:
    preset = PRESETS[found.preset]
    yield ""
    yield "[layout]"
    yield pair("preset", found.preset)
    if found.control_plane not in ("", preset.control_plane):
        yield pair("control_plane", found.control_plane)
    if found.kube_proxy not in ("", preset.kube_proxy):
        yield pair("kube_proxy", found.kube_proxy)
    for table, places in by_table(found.changes).items():
        yield f"[layout.{table}]"
        yield from (pair(key, value) for key, value in sorted(places.items()))
    if found.unseen:
        told = ", ".join(found.unseen)
        yield from comment(f"Not seen, so the preset's places are taken: {told}.")


def by_table(places: Mapping[Key, Value]) -> dict[str, dict[str, Value]]:
    found: dict[str, dict[str, Value]] = defaultdict(dict)
    for (table, key), value in sorted(places.items()):
        found[table][key] = value
    return found


def pair(key: str, value: str | int) -> str:
    """TOML's basic strings are JSON's, but for DEL, which it wants escaped (TOML 1.0.0)."""
    return f"{key} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")


def comment(sentence: str) -> list[str]:
    """Without control characters, which a comment may not have (TOML 1.0.0)."""
    plain = "".join(one if one.isprintable() else " " for one in sentence)
    return textwrap.wrap(plain, WIDTH, initial_indent="# ", subsequent_indent="# ")


def comment_all(sentences: tuple[str, ...]) -> Iterator[str]:
    for one in sentences:
        yield from textwrap.wrap(
            "".join(c if c.isprintable() else " " for c in one),
            WIDTH,
            initial_indent="# * ",
            subsequent_indent="#   ",
        )
