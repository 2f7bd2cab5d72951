"""A setting after the other on one cluster: changed, judged, mended, recorded."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from infra.cluster import Cluster
from infra.errors import ClaimError, NotJudged
from infra.kube_api import ApiRefused
from infra.lifecycle import cluster_lifecycle
from infra.progress import Progress
from infra.settings import Settings
from tests.sweep import changing, driver, judging, ledger, mending, naming, objects, records, scope
from tests.sweep import machines as machine_settings
from tests.sweep.judging import Asked, Noticed
from tests.sweep.records import Kind, Record
from tests.sweep.scope import Question
from tests.sweep.setting import Setting

FIRST_GUESS = 240.0
"""Seconds for a setting as long as none was swept: change, gate, claims, mending (measured)."""
MENDING = 150.0
"""Seconds kept for mending at the end of a budget: an API server, the gate, and its Pods."""


@dataclass(frozen=True)
class Plan:
    """What to sweep: ``seed`` decides the order and the machines; ``share`` is one of ``shares``.

    ``every`` asks all quick claims of the articles, not only the first ones; ``spoken``: only what
    an article speaks of is swept.
    """

    seed: int
    minutes: float
    records: Path
    only: str = "*"
    besides: str = ""
    count: int = 0
    every: bool = True
    spoken: bool = False
    share: int = 1
    shares: int = 1


def all_settings(cluster: Cluster) -> list[Setting]:
    return [
        *machine_settings.settings(cluster.spec, cluster.material),
        *objects.settings(cluster.spec),
        *driver.settings(cluster.spec, driver.manifests()),
    ]


def chosen(settings: Sequence[Setting], plan: Plan) -> list[Setting]:
    """Those of this share, in the seed's order, in which each has its place by itself."""
    order = sorted(settings, key=lambda one: random.Random(f"{plan.seed} {one.key}").random())
    wanted = [one for one in order if is_wanted(one.key, plan)]
    return wanted[: plan.count or None][plan.share - 1 :: plan.shares]


def is_wanted(key: str, plan: Plan) -> bool:
    named = scope.fits(key, plan.only) and not scope.fits(key, plan.besides)
    return named and (bool(scope.of(key).articles) or not plan.spoken)


def machine_of(setting: Setting, seed: int) -> str:
    """The machine that is changed; empty for an object."""
    names = sorted(setting.places)
    return random.Random(f"{seed}:{setting.key}").choice(names) if names else ""


class Sweep:
    """On one cluster, until all is done or the minutes are over."""

    def __init__(self, settings: Settings, plan: Plan, progress: Progress) -> None:
        self.settings = settings
        self.plan = plan
        self.say = progress.say
        self.ends = time.monotonic() + 60 * plan.minutes

    @property
    def left(self) -> float:
        return self.ends - time.monotonic()

    def run(self) -> int:
        """How many are left. Errors: NotJudged when a cluster cannot be mended."""
        if left := ledger.read(self.settings.state):
            self.say(f"an earlier run left {left.key!r} on {left.machine or 'the API'}: mending")
            mending.mend(self.settings, left)
        for setting in self.open():
            done = records.read(self.plan.records).values()
            if self.left < records.usual(done, FIRST_GUESS):
                break
            self.one(setting)
        return len(self.open())

    def open(self) -> list[Setting]:
        """What has no record yet; first answers are none where every claim is to be asked."""
        cluster = cluster_lifecycle.attach(self.settings)
        try:
            wanted = chosen(all_settings(cluster), self.plan)
        finally:
            cluster.close()
        done = records.read(self.plan.records)
        return [one for one in wanted if not is_done(done.get(one.key), every=self.plan.every)]

    def one(self, setting: Setting) -> None:
        """Errors: NotJudged when the cluster cannot be mended; the next run tries it first."""
        started, machine = time.monotonic(), machine_of(setting, self.plan.seed)
        self.say(f"{setting.key}{f' on {machine}' if machine else ''} ...")
        found = Record(
            setting.key, setting.component, machine, "refused", self.plan.seed, thorough=False
        )
        cluster = cluster_lifecycle.attach(self.settings)
        complete = False
        try:
            found, complete = self.tried(cluster, setting, found)
        except (NotJudged, ClaimError) as error:
            self.say(f"  could not be tried: {error}")
        finally:
            mended = self.mend(cluster)
        if not complete:
            self.say("  no answer: to be done again")
            return
        found = replace(found, mended=mended.by, exactly=mended.exactly)
        if found.kind == "unnamed" and found.starts:
            found = self.confirmed(found)
        self.record(found, cluster, time.monotonic() - started)
        self.say(f"  {found.kind} {found.by}: {found.words[:160]} ({mended.by} {mended.told})")

    def tried(self, cluster: Cluster, setting: Setting, found: Record) -> tuple[Record, bool]:
        """What came of a change, and whether there was time for all that was to be asked."""
        try:
            starts = setting.argument is not None or changing.change(
                cluster, setting, found.machine
            )
        except ApiRefused as refused:
            return replace(found, by="the API", words=str(refused)), True
        noticed, asked = judging.asked_gate(cluster), Asked()
        if noticed is None:
            asked = self.ask(setting)
            noticed = asked.noticed
        kind = kind_of(noticed, found, cluster)
        told = replace(
            found,
            kind=kind,
            by=noticed.by if noticed else "",
            words=noticed.words if noticed else "",
            starts=starts,
            asked=asked.claims,
            thorough=self.plan.every,
        )
        return told, noticed is not None or not asked.cut

    def ask(self, setting: Setting) -> Asked:
        """The first claims, then the rest, to the one that notices."""
        claims: list[str] = []
        questions = scope.of(setting.key).questions
        for question in questions if self.plan.every else questions[:1]:
            asked = judging.ask(self.settings, question, self.left - MENDING, setting.argument)
            claims += asked.claims
            if asked.noticed or asked.cut:
                return replace(asked, claims=tuple(claims))
        return Asked(tuple(claims))

    def mend(self, cluster: Cluster) -> mending.Mended:
        """A run's own driver went with it; one that was killed is removed by the next."""
        entry = ledger.read(cluster.state)
        return mending.mend(self.settings, entry) if entry else mending.Mended("up", exactly=True)

    def confirmed(self, found: Record) -> Record:
        """Red for a reason of its own, if the mended cluster turns it green."""
        if found.by in (judging.GATE, judging.START):
            return found
        mark = f"claim_{found.by.replace('.', '_')} and not slow"
        again = judging.ask(self.settings, Question(mark), max(self.left, MENDING))
        return replace(found, kind="red anyway" if again.noticed else "noticed")

    def record(self, found: Record, cluster: Cluster, seconds: float) -> None:
        at = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
        whole = replace(found, seconds=round(seconds, 1), kubernetes=cluster.spec.kubernetes, at=at)
        records.add(self.plan.records, whole)


def kind_of(noticed: Noticed | None, found: Record, cluster: Cluster) -> Kind:
    if noticed is None:
        return "not noticed"
    good = naming.named(noticed.words, found.component, found.machine, cluster.spec)
    return "noticed" if good else "unnamed"


def is_done(record: Record | None, *, every: bool) -> bool:
    """A setting that the first claims did not notice is not done where all are to be asked."""
    if record is None:
        return False
    return record.kind != "not noticed" or record.thorough or not every
