"""``kfs describe``: looks at a cluster and says what its ``my.toml`` is. It changes nothing."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from infra import parallel
from infra.described import kubeconfig, reading
from infra.described.description import LONGEST_NAME
from infra.errors import NotJudged, UserError
from infra.kube_api import Api
from infra.ssh import Shell
from infra.survey import candidates, findings, machines, nodes, written
from infra.survey.candidates import Candidate
from infra.survey.findings import Findings

Enter = Callable[[Candidate], Shell]
HOST = re.compile(r"^\s*Host\s*[=\s]\s*(.*)$", re.IGNORECASE | re.MULTILINE)
"""ssh_config(5)."""


@dataclass(frozen=True)
class Asked:
    """What the person says. ``ssh`` is the table of that name, by key; None: enter no machine."""

    kubeconfig: Path
    context: str = ""
    name: str = ""
    ssh: Mapping[str, str | int] | None = None


def described(asked: Asked, out: Path, enter: Enter | None) -> tuple[str, Findings]:
    """The text of ``my.toml``, which its model accepts, and what was found; ``enter`` None: by the
    API alone.

    Errors: UserError for what the person said; ApiUnreachable; ApiRefused.
    """
    access = kubeconfig.read(asked.kubeconfig, asked.context)
    api = Api(access.server, access.credentials)
    found = look(api, asked, enter)
    text = written.text(
        found,
        name=asked.name or name_of(access.context),
        kubeconfig=asked.kubeconfig.absolute(),
        context=asked.context,
        ssh=asked.ssh if found.machines else None,
    )
    reading.parse(tomllib.loads(text), out)
    return text, found


def look(api: Api, asked: Asked, enter: Enter | None) -> Findings:
    answers = nodes.look(api)
    known, remarks = candidates.of_api(answers, api.base)
    known = [by_config(one, hosts_of(asked)) for one in known]
    looked: dict[str, machines.Machine] = {}
    if enter:
        tried = parallel.answers(known, lambda one: tried_to_enter(one, answers, enter))
        for one, machine in zip(known, tried, strict=True):
            if isinstance(machine, str):
                remarks.append(machine)
            else:
                looked[one.private] = machine
    known = candidates.entered(known, looked)
    found = findings.put_together(answers, api.base, known, looked)
    served, silent = asked_each(api, found.machines, dict(answers.servers))
    return replace(found, machines=served, remarks=(*remarks, *found.remarks, *silent))


def tried_to_enter(one: Candidate, answers: nodes.Answers, enter: Enter) -> machines.Machine | str:
    """What a machine shows, or why it was not entered."""
    pods = [started for started in answers.components if started.machine == one.name]
    try:
        return machines.look(enter(one), pods)
    except NotJudged as error:
        return f"{one.name} was not entered: {' '.join(str(error).split())}"


def asked_each(
    api: Api, found: Sequence[Candidate], ports: Mapping[str, int]
) -> tuple[tuple[Candidate, ...], list[str]]:
    """Machines with their own API server, where it answers from here by its own address."""

    def answers(one: Candidate) -> Candidate | str:
        url = f"https://{one.private}:{ports[one.private]}"
        try:
            api.at(url).get(nodes.VERSION)
        except NotJudged as error:
            return f"{one.name}: its API server does not answer by {url}: {error}"
        return replace(one, api=url)

    servers = [one for one in found if one.private in ports]
    told = dict(zip(servers, parallel.answers(servers, answers), strict=True))
    silent = [one for one in told.values() if isinstance(one, str)]
    shown = {one.private: one for one in told.values() if isinstance(one, Candidate)}
    return tuple(shown.get(one.private, one) for one in found), silent


def by_config(one: Candidate, hosts: frozenset[str]) -> Candidate:
    """By the machine's name, where the ssh_config has it."""
    return replace(one, ssh=one.name) if one.name in hosts else one


def hosts_of(asked: Asked) -> frozenset[str]:
    """Words that the ssh_config has hosts by; patterns are among them, and match no name."""
    path = (asked.ssh or {}).get("ssh_config")
    if not path:
        return frozenset()
    text = Path(str(path)).expanduser().read_text()
    return frozenset(word for line in HOST.findall(text) for word in line.split())


def name_of(context: str) -> str:
    """A cluster's name from a context's, like ``kubernetes-admin-kubernetes``."""
    words = re.sub(r"[^a-z0-9]+", "-", context.lower()).strip("-")
    return words[:LONGEST_NAME].strip("-") or "mine"


def must_be_free(out: Path, *, force: bool) -> None:
    """Errors: UserError for a file that is there, unless ``force``."""
    if out.exists() and not force:
        raise UserError(f"{out} is there already: name another by -o, or use --force")


def write(text: str, out: Path, *, force: bool) -> None:
    """Errors: as of ``must_be_free``; UserError where nothing can be written."""
    must_be_free(out, force=force)
    try:
        out.write_text(text)
    except OSError as error:
        raise UserError(f"{out}: {error.strerror}; name another by -o") from error
