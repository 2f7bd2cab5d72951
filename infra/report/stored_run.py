"""A run's folder: the names in it, and how records come to disk and back."""

import json
import re
import subprocess
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from infra import claims, feature_claims
from infra.errors import UserError
from infra.feature_claims import Written
from infra.report import verdicts
from infra.report.masking import masked_json
from infra.report.model import Run, Scenario

EVIDENCE, SCENARIOS = "evidence", "scenarios"
PAGE, CLAIMS, CLUSTER = "index.html", "claims.json", "cluster.json"
STYLE = "style.css"
"""Of the scenarios' pages; index.html has it in itself."""
RECORDS, PLANNED, RUN, LOG = "records.json", "planned.json", "run.json", "run.log"
WRITTEN = "written.json"
"""What the features had for each claim when the run was: it can be judged again without them."""
JUNIT, ALLURE = "junit.xml", "allure-results"

LIST = TypeAdapter(list[Scenario])
ONE = TypeAdapter(Scenario)
CIRCUMSTANCES = TypeAdapter(Run)
BY_CLAIM = TypeAdapter(dict[str, Written])


def name(reports: Path, *, kubernetes: str, cluster_id: str, now: float) -> Path:
    """Where a run that begins now leaves its report."""
    return reports / kubernetes / f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{cluster_id}"


def slug(text: str) -> str:
    """A file name from a scenario or evidence name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80] or "unnamed"


def key(node_id: str) -> str:
    """A file name for a scenario; equal test names of two features stay apart."""
    return f"{slug(node_id.rpartition('::')[2])}-{sha256(node_id.encode()).hexdigest()[:6]}"


def page_of(scenario: Scenario) -> str:
    """Path of a scenario's page, relative to the folder."""
    return f"{SCENARIOS}/{key(scenario.id)}.html"


def dump(path: Path, data: Any) -> None:
    """Replaces a JSON file at once, with secrets masked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(path.suffix + ".new")
    new.write_text(json.dumps(masked_json(data), indent=1, ensure_ascii=False) + "\n")
    new.replace(path)


def save_scenario(folder: Path, scenario: Scenario) -> str:
    """Writes one scenario's record; its path relative to the folder."""
    path = Path(SCENARIOS) / f"{key(scenario.id)}.json"
    dump(folder / path, asdict(scenario))
    return str(path)


def save_plan(folder: Path, scenarios: list[Scenario]) -> None:
    """Writes what is going to run, so that what did not run can be told."""
    dump(folder / PLANNED, [asdict(scenario) for scenario in scenarios])


def gather(folder: Path) -> list[Scenario]:
    """Records of this run: those written when scenarios ended, and the plan for the rest."""
    planned = folder / PLANNED
    found = {s.id: s for s in LIST.validate_json(planned.read_bytes())} if planned.exists() else {}
    for path in sorted((folder / SCENARIOS).glob("*.json")):
        scenario = ONE.validate_json(path.read_bytes())
        found[scenario.id] = scenario
    return sorted(found.values(), key=lambda s: (s.article or 0, s.started, s.id))


def load(folder: Path) -> tuple[Run, list[Scenario], list[verdicts.Verdict]]:
    """A run as it was recorded, judged again from its records. Errors: UserError."""
    if not (folder / RECORDS).exists():
        raise UserError(
            f"{folder} holds no run: {RECORDS} is missing; give a folder below reports/"
        )
    path = folder / WRITTEN
    try:
        run = CIRCUMSTANCES.validate_json((folder / RUN).read_bytes())
        scenarios = LIST.validate_json((folder / RECORDS).read_bytes())
        had = BY_CLAIM.validate_json(path.read_bytes()) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise UserError(f"the records of {folder} cannot be read: {error}") from error
    return run, scenarios, verdicts.verdicts(claims.load(), run, scenarios, had)


def save(folder: Path, run: Run, scenarios: list[Scenario], *, features: Path) -> None:
    """Writes run.json, records.json, written.json, claims.json and cluster.json of a run."""
    found = feature_claims.written(features, run.kubernetes)
    judged = verdicts.verdicts(claims.load(), run, scenarios, found)
    dump(folder / WRITTEN, {claim: asdict(one) for claim, one in found.items()})
    dump(folder / RUN, asdict(run))
    dump(folder / RECORDS, [asdict(scenario) for scenario in scenarios])
    dump(folder / CLAIMS, verdicts.claims_json(run, judged))
    dump(folder / CLUSTER, {k: v for k, v in asdict(run).items() if k not in LEFT_OUT})


LEFT_OUT = ("started", "ended", "command_line", "cores", "busy_cores")
"""Of the run, not of the cluster."""


def with_commit(run: Run, project: Path) -> Run:
    """The run with our commit and whether the tree differs from it; unchanged without git."""
    commit = git(project, "rev-parse", "--short=12", "HEAD")
    changes = git(project, "status", "--porcelain", "--untracked-files=no")
    return replace(run, commit=commit, dirty=bool(changes))


def git(project: Path, *argv: str) -> str:
    try:
        ended = subprocess.run(
            ["git", "-C", str(project), *argv],
            check=False,
            capture_output=True,
            text=True,
            timeout=10,
        )
    except OSError:
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""
