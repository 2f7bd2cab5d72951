"""Units, configurations and manifests are real files under ``files/``; few words vary."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.desired.things import NftTable, Running, Sysctl, Thing, Unit

FILES = Path(__file__).parents[1] / "phases" / "files"
ENVIRONMENT = Environment(  # noqa: S701 - units and YAML, not HTML
    loader=FileSystemLoader(FILES),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
READ = re.compile(r"/[\w./-]+\.(?:cfg|conf|kubeconfig|nft|pem|toml|yaml)\b|/[\w./-]+/kubeconfig\b")
SETTING = re.compile(r"^([\w.-]+)\s*=\s*(\S+)$", re.MULTILINE)
TABLE = re.compile(r"^table (\w+ \w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
PROGRAM = re.compile(r"^ExecStart=-?(\S+)", re.MULTILINE)


def rendered(name: str, **values: Any) -> str:
    """The file's text. Errors: jinja2.UndefinedError for a word that nobody gave."""
    return ENVIRONMENT.get_template(name).render(**values)


def manifests(name: str, **values: Any) -> tuple[dict[str, Any], ...]:
    """The objects of a file under ``files/addons/``, in its order."""
    return tuple(yaml.safe_load_all(rendered(f"addons/{name}", **values)))


def service(
    name: str,
    reads: tuple[str, ...] = (),
    makes: tuple[Sysctl | NftTable, ...] = (),
    **values: Any,
) -> Iterator[Thing]:
    """The unit, running; restarted when its program or a file that its command names changed.

    ``reads`` are files that it reads too, but its command does not name; ``makes`` is what it
    leaves in the kernel.
    """
    content = rendered(f"{name}.service", **values)
    yield Unit(name, content)
    restarts_on = (*programs(content), *files_named_in(content), *reads)
    yield Running(name, restarts_on, makes)


def programs(unit: str) -> tuple[str, ...]:
    """Programs that a unit starts, by path."""
    return tuple(PROGRAM.findall(unit))


def files_named_in(text: str) -> tuple[str, ...]:
    """Certificates and configurations that a unit or a configuration names, once each."""
    return tuple(dict.fromkeys(READ.findall(text)))


def settings_in(text: str) -> tuple[Sysctl, ...]:
    """Kernel settings of a file of sysctl.d."""
    return tuple(Sysctl(key, value) for key, value in SETTING.findall(text))


def tables_in(text: str) -> tuple[NftTable, ...]:
    """Tables that a file of nftables fills, with their rules."""
    return tuple(
        NftTable(name, tuple(line.strip() for line in body.splitlines()))
        for name, body in TABLE.findall(text)
    )
