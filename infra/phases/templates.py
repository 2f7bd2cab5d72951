"""Units, configurations and manifests are real files under ``files/``; few words vary."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from infra.desired.things import Running, Thing, Unit

FILES = Path(__file__).with_name("files")
ENVIRONMENT = Environment(  # noqa: S701 - units and YAML, not HTML
    loader=FileSystemLoader(FILES),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
READ = re.compile(r"/[\w./-]+\.(?:cfg|conf|kubeconfig|nft|pem|toml|yaml)\b|/[\w./-]+/kubeconfig\b")
PROGRAM = re.compile(r"^ExecStart=-?(\S+)", re.MULTILINE)


def rendered(name: str, **values: Any) -> str:
    """The file's text. Errors: jinja2.UndefinedError for a word that nobody gave."""
    return ENVIRONMENT.get_template(name).render(**values)


def manifests(name: str, **values: Any) -> tuple[dict[str, Any], ...]:
    """The objects of a file under ``files/addons/``, in its order."""
    return tuple(yaml.safe_load_all(rendered(f"addons/{name}", **values)))


def service(name: str, reads: tuple[str, ...] = (), **values: Any) -> Iterator[Thing]:
    """The unit, running; restarted when its program or a file that its command names changed.

    ``reads`` are files that it reads too, but its command does not name.
    """
    content = rendered(f"{name}.service", **values)
    yield Unit(name, content)
    yield Running(name, restarts_on=(*programs(content), *files_named_in(content), *reads))


def programs(unit: str) -> tuple[str, ...]:
    """Programs that a unit starts, by path."""
    return tuple(PROGRAM.findall(unit))


def files_named_in(text: str) -> tuple[str, ...]:
    """Certificates and configurations that a unit or a configuration names, once each."""
    return tuple(dict.fromkeys(READ.findall(text)))
