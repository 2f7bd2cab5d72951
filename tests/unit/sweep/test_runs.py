"""A sweep takes one setting after the other, mends first, stops in time and goes on later."""

from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.errors import NotJudged
from infra.inventory import series
from infra.kube_api import Answer, ApiRefused
from infra.progress import Progress
from infra.settings import Settings
from tests.sweep import changing, judging, ledger, mending, records, sweeping
from tests.sweep.judging import Asked, Noticed
from tests.sweep.ledger import Entry
from tests.sweep.mending import Mended
from tests.sweep.setting import Place, Setting
from tests.sweep.sweeping import Plan, Sweep, chosen, machine_of

SPEC = series("test", kubernetes="v1.36.1", platform="local")


def setting(name: str) -> Setting:
    place = Place({"/etc/x": b"new"}, ("etcd",))
    return Setting("etcd", "etcd.service", f"--{name} is left out", {"controller-1": place})


SETTINGS = [setting(name) for name in ("a", "b", "c", "d", "e")]


class World:
    """A cluster without machines: what was changed, asked and mended, in order."""

    def __init__(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.gate: Noticed | None = None
        self.asked = [Asked(("63.1",), Noticed("63.1", "does not hold", "etcd is wrong"))]
        self.cluster = SimpleNamespace(spec=SPEC, state=state, close=lambda: None)
        monkeypatch.setattr(sweeping.cluster_lifecycle, "attach", lambda _: self.cluster)
        monkeypatch.setattr(sweeping, "all_settings", lambda _: SETTINGS)
        monkeypatch.setattr(changing, "change", self.change)
        monkeypatch.setattr(judging, "asked_gate", lambda _: self.gate)
        monkeypatch.setattr(judging, "ask", self.ask)
        monkeypatch.setattr(mending, "mend", self.mend)

    def change(self, cluster: Any, setting: Setting, machine: str) -> bool:
        ledger.write(cluster.state, ledger.entry_of(setting, machine))
        self.done.append(f"change {setting.what[2]}")
        return True

    def ask(self, *_: object) -> Asked:
        self.done.append("ask")
        return self.asked.pop(0) if len(self.asked) > 1 else self.asked[0]

    def mend(self, settings: Settings, entry: Entry) -> Mended:
        self.done.append(f"mend {entry.key[22]}")
        ledger.remove(self.cluster.state)
        return Mended("up", True)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    (tmp_path / "test").mkdir()
    return World(tmp_path / "test", monkeypatch)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(seed=15, minutes=600, records=tmp_path / "records.jsonl")


def sweep(plan: Plan, tmp_path: Path) -> Sweep:
    settings = Settings(cluster_id="test", state_root=tmp_path)
    return Sweep(settings, plan, Progress(out=StringIO()))


def test_each_is_changed_judged_and_mended_before_the_next(
    world: World, plan: Plan, tmp_path: Path
) -> None:
    assert sweep(plan, tmp_path).run() == 0
    order = [one.what[2] for one in chosen(SETTINGS, plan)]
    assert world.done == [
        step for name in order for step in (f"change {name}", "ask", f"mend {name}")
    ]
    found = records.read(plan.records)
    assert {one.kind for one in found.values()} == {"noticed"}
    assert {one.by for one in found.values()} == {"63.1"}
    assert {one.machine for one in found.values()} == {"controller-1"}


def test_what_has_a_record_is_not_done_again(world: World, plan: Plan, tmp_path: Path) -> None:
    sweep(plan, tmp_path).run()
    world.done.clear()
    assert sweep(plan, tmp_path).run() == 0
    assert not world.done


def test_nothing_is_begun_that_would_end_after_its_budget(
    world: World, plan: Plan, tmp_path: Path
) -> None:
    assert sweep(replace(plan, minutes=1), tmp_path).run() == 5
    assert not world.done


def test_what_a_killed_run_left_is_mended_first(world: World, plan: Plan, tmp_path: Path) -> None:
    ledger.write(world.cluster.state, ledger.entry_of(setting("z"), "controller-1"))
    sweep(replace(plan, minutes=1), tmp_path).run()
    assert world.done == ["mend z"]


def test_ctrl_c_mends_and_records_nothing(
    world: World, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> Asked:
        raise KeyboardInterrupt

    monkeypatch.setattr(judging, "ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sweep(plan, tmp_path).run()
    assert [step.split()[0] for step in world.done] == ["change", "mend"]
    assert not records.read(plan.records)


def test_a_machine_that_does_not_answer_ends_one_setting_only(
    world: World, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> bool:
        raise NotJudged("controller-1 cannot be reached")

    monkeypatch.setattr(changing, "change", lost)
    assert sweep(plan, tmp_path).run() == 5
    assert not records.read(plan.records)


def test_one_that_time_cut_short_is_done_again(world: World, plan: Plan, tmp_path: Path) -> None:
    world.asked = [Asked(("63.1",), None, cut=True)]
    assert sweep(plan, tmp_path).run() == 5
    assert not records.read(plan.records)


def test_the_gate_notices_before_any_claim_is_asked(
    world: World, plan: Plan, tmp_path: Path
) -> None:
    world.gate = Noticed(judging.GATE, "not judged", "etcd https://10.0.1.12:2379 does not answer")
    sweep(plan, tmp_path).run()
    assert "ask" not in world.done
    assert {one.by for one in records.read(plan.records).values()} == {judging.GATE}


def test_nothing_notices_after_all_claims(world: World, plan: Plan, tmp_path: Path) -> None:
    world.asked = [Asked(("63.1", "63.13"))]
    sweep(replace(plan, count=1), tmp_path).run()
    (found,) = records.read(plan.records).values()
    assert (found.kind, found.thorough) == ("not noticed", True)
    assert world.done.count("ask") == 2


def test_the_first_claims_alone_are_no_answer_for_a_thorough_sweep(
    world: World, plan: Plan, tmp_path: Path
) -> None:
    world.asked = [Asked(("63.1",))]
    assert sweep(replace(plan, every=False), tmp_path).run() == 0
    assert world.done.count("ask") == 5
    assert len(sweep(plan, tmp_path).open()) == 5
    assert not sweep(replace(plan, every=False), tmp_path).open()


@pytest.mark.parametrize(
    ("again", "kind"),
    [(Asked(("63.1",)), "noticed"), (Asked((), Noticed("63.1", "not judged", "x")), "red anyway")],
)
def test_words_that_name_nothing_count_if_the_mended_cluster_is_green(
    again: Asked, kind: str, world: World, plan: Plan, tmp_path: Path
) -> None:
    world.asked = [Asked((), Noticed("63.1", "does not hold", "three are two")), again]
    sweep(replace(plan, count=1), tmp_path).run()
    (found,) = records.read(plan.records).values()
    assert found.kind == kind
    assert [step.split()[0] for step in world.done] == ["change", "ask", "mend", "ask"]


def test_what_does_not_start_counts_only_by_name(
    world: World, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "change", lambda *given: world.change(*given) and False)
    world.asked = [Asked((), Noticed("63.1", "does not hold", "three are two"))]
    sweep(replace(plan, count=1), tmp_path).run()
    (found,) = records.read(plan.records).values()
    assert (found.kind, found.starts) == ("unnamed", False)


def test_an_object_that_the_api_refuses_is_recorded_as_refused(
    world: World, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> bool:
        raise ApiRefused(Answer("PATCH", "/x", 422, {}, "spec.ports: Required value"))

    monkeypatch.setattr(changing, "change", refused)
    sweep(replace(plan, count=1), tmp_path).run()
    (found,) = records.read(plan.records).values()
    assert found.kind == "refused"
    assert "Required value" in found.words


def test_shares_are_complementary_and_seeds_differ(plan: Plan) -> None:
    halves = [chosen(SETTINGS, replace(plan, share=n, shares=2)) for n in (1, 2)]
    assert sorted(s.key for half in halves for s in half) == sorted(s.key for s in SETTINGS)
    orders = {tuple(s.key for s in chosen(SETTINGS, replace(plan, seed=n))) for n in range(9)}
    assert len(orders) > 1


def test_only_some_are_chosen_by_their_key(plan: Plan) -> None:
    only = chosen(SETTINGS, replace(plan, only="etcd: *: --a *"))
    assert [one.what for one in only] == ["--a is left out"]
    assert len(chosen(SETTINGS, replace(plan, count=2))) == 2


def test_a_seed_decides_the_machine() -> None:
    places = {name: Place({}) for name in ("controller-0", "controller-1", "controller-2")}
    several = replace(SETTINGS[0], places=places)
    assert machine_of(several, 15) == machine_of(several, 15)
    assert {machine_of(several, seed) for seed in range(20)} == set(places)
    assert not machine_of(replace(several, places={}), 15)


def test_a_setting_more_does_not_move_the_others(plan: Plan) -> None:
    more = [one.key for one in chosen([*SETTINGS, setting("f")], plan)]
    more.remove(setting("f").key)
    assert more == [one.key for one in chosen(SETTINGS, plan)]


def test_what_no_article_speaks_of_can_be_left_out(plan: Plan) -> None:
    silent = Setting("machines", "hosts", "10.0.1.10 lb is left out")
    assert silent in chosen([*SETTINGS, silent], plan)
    assert silent not in chosen([*SETTINGS, silent], replace(plan, spoken=True))
    assert chosen([*SETTINGS, silent], replace(plan, besides="etcd: *")) == [silent]
