"""Nights with a runner that only remembers: order, exit codes, kills, space, two in a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.__main__ import app
from infra.errors import ClusterLocked, UserError
from infra.lifecycle import state_dir
from infra.nightly import night, record
from infra.nightly.steps import Step
from infra.settings import Settings
from tests.unit.report.several_runs import add

MINORS = ["1.35", "1.36", "1.37"]
WHOLE = ["down", "older", "up", "suite", "down"]
GIB = 1 << 30


class KilledError(BaseException):
    """As at kill -9: nothing of ours runs after it."""


@dataclass
class Runner:
    """Remembers steps by minor; ``codes`` are exit codes by what a command line has in it."""

    codes: dict[tuple[str, str], int] = field(default_factory=dict)
    killed_at: int = -1
    ran: list[tuple[str, str]] = field(default_factory=list)
    minor: str = "1.35"

    def __call__(self, argv: Sequence[str]) -> int:
        if len(self.ran) == self.killed_at:
            raise KilledError
        step = "suite" if "pytest" in argv else next(one for one in Step if one in argv)
        if "--kubernetes" in argv:
            self.minor = argv[argv.index("--kubernetes") + 1]
        self.ran.append((self.minor, step))
        return self.codes.get((self.minor, step), 0)

    def of(self, minor: str) -> list[str]:
        """Steps since the first that names the minor; a down names none."""
        return [step for one, step in self.ran if one == minor and step != "down"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        cluster_id="nightly",
        clusters="auto",
        state_root=tmp_path / "state",
        reports=tmp_path / "reports",
    )


Nightly = Callable[..., int]


@pytest.fixture
def nightly(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Nightly:
    """Pages are written only where a test looks at them: they take longer than all the rest."""
    monkeypatch.setattr(night, "git", lambda *_: "0123456789ab")

    def judged(
        runner: Runner, *named: str, anew: bool = False, said: list[str], pages: bool = False
    ) -> int:
        monkeypatch.setattr(night, "execute", runner)
        if not pages:
            monkeypatch.setattr(night.pruning, "prune", lambda *_, **__: [])
        return night.nightly(settings, named, anew=anew, say=said.append)

    return judged


def test_each_minor_is_judged_from_nothing_to_nothing(nightly: Nightly) -> None:
    runner = Runner()
    assert nightly(runner, said=[]) == 0
    assert [step for _, step in runner.ran] == WHOLE * 3
    assert all(runner.of(minor) == ["older", "up", "suite"] for minor in MINORS)


def test_the_named_minors_only(nightly: Nightly) -> None:
    runner = Runner()
    nightly(runner, "v1.37.2", "1.36", said=[])
    assert [one for one, step in runner.ran if step == "up"] == ["1.36", "1.37"]


def test_an_unknown_minor_is_refused_before_anything_runs(nightly: Nightly) -> None:
    runner = Runner()
    with pytest.raises(UserError, match=r"Kubernetes '1.12' is not known; known versions: "):
        nightly(runner, "1.12", said=[])
    assert not runner.ran


def test_what_fails_does_not_stop_the_others_and_the_worst_code_wins(nightly: Nightly) -> None:
    runner = Runner({("1.35", "suite"): 1, ("1.36", "up"): 3})
    said: list[str] = []
    assert nightly(runner, said=said) == 3
    assert runner.of("1.36") == ["older", "up"]  # no cluster, no suite
    assert runner.of("1.37") == ["older", "up", "suite"]
    assert [line.split("min  ")[1] for line in said[-4:-1]] == ["suite 1", "up 3", "green"]


def test_without_older_programs_the_suite_runs(nightly: Nightly) -> None:
    runner = Runner({("1.36", "older"): 1})
    assert nightly(runner, said=[]) == 1
    assert runner.of("1.36") == ["older", "up", "suite"]


def test_the_index_comes_last_and_old_runs_go(nightly: Nightly, settings: Settings) -> None:
    for day in range(1, 13):
        add(settings.reports, {"68.4": "holds"}, day=day)
    said: list[str] = []
    nightly(Runner(), said=said, pages=True)
    assert said[0].startswith("2 old runs removed from ")
    assert said[-1] == f"report: {settings.reports / 'index.html'}"
    assert (settings.reports / "index.html").exists()


@pytest.mark.parametrize("at", range(15))
def test_a_killed_night_goes_on_with_the_minor_that_it_was_at(nightly: Nightly, at: int) -> None:
    with pytest.raises(KilledError):
        nightly(Runner(killed_at=at), said=[])
    runner = Runner(minor=MINORS[at // len(WHOLE)])
    assert nightly(runner, said=[]) == 0
    left = len(MINORS) - at // len(WHOLE)
    assert [step for _, step in runner.ran] == WHOLE * left


def test_a_code_of_before_the_kill_counts(nightly: Nightly) -> None:
    with pytest.raises(KilledError):
        nightly(Runner({("1.35", "suite"): 1}, killed_at=6), said=[])
    assert nightly(Runner(), said=[]) == 1


def test_two_nights_in_a_row_are_whole(nightly: Nightly) -> None:
    for _ in range(2):
        runner = Runner()
        assert nightly(runner, "1.36", "1.37", said=[]) == 0
        assert [step for _, step in runner.ran] == WHOLE * 2


@pytest.mark.parametrize("other", ["anew", "minors", "commit", "age", "damaged"])
def test_another_night_begins_anew(
    nightly: Nightly, settings: Settings, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    with pytest.raises(KilledError):
        nightly(Runner(killed_at=6), "1.35", "1.36", said=[])
    if other == "commit":
        monkeypatch.setattr(night, "git", lambda *_: "another")
    if other == "damaged":
        (settings.state_root / record.FILE).write_text("{")
    if other == "age":
        monkeypatch.setattr(record, "FRESH", 0.0)
    runner = Runner()
    named = ("1.35",) if other == "minors" else ("1.35", "1.36")
    nightly(runner, *named, anew=other == "anew", said=[])
    assert runner.of("1.35") == ["older", "up", "suite"]


def test_without_space_nothing_is_begun_and_the_place_is_named(tmp_path: Path) -> None:
    runner, space = Runner(), iter([11 * GIB, 11 * GIB, 9 * GIB, 9 * GIB, 11 * GIB])
    means = night.Means(
        tmp_path,
        "nightly",
        "auto",
        runner,
        lambda _: None,
        [tmp_path],
        free=lambda _: next(space, 11 * GIB),
    )
    ended = night.run(means, night.begin(means, ["1.35", "1.36", "1.37"], "", anew=False))
    assert runner.of("1.35") == ["older", "up"]  # then it was short, before the suite
    assert runner.of("1.36") == []
    assert runner.of("1.37") == ["older", "up", "suite"]
    short = f"{tmp_path} has 9 GiB free, a night needs 10: free some"
    assert [one.lacked for one in ended.ended.values()] == [short, short, ""]
    assert ended.code == 1


def test_a_file_system_is_watched_once(settings: Settings, tmp_path: Path) -> None:
    assert night.watched(settings, tmp_path / "cache") == [tmp_path]
    assert Path("/dev/shm") in night.watched(settings, Path("/dev/shm/new/cache"))


def test_two_nights_at_once_are_refused(nightly: Nightly, settings: Settings) -> None:
    with night.alone(settings.state_root), pytest.raises(ClusterLocked, match="another night runs"):
        nightly(Runner(), said=[])


def test_a_killed_nights_command_may_end_first(nightly: Nightly, settings: Settings) -> None:
    with pytest.raises(KilledError):
        nightly(Runner(killed_at=3), said=[])
    looks = iter([True, True, False])

    def waited(observe: Callable[[], bool], until: Callable[[bool], bool], **_: object) -> None:
        while not until(observe()):
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_dir, "is_held", lambda _: next(looks))
        patch.setattr(night, "eventually", waited)
        nightly(Runner(), said=[])
    assert not list(looks)


def test_the_command_exits_with_the_worst_code(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def whole(settings: Settings, named: Sequence[str], **_: object) -> int:
        given.extend([settings.cluster_id, settings.clusters, *named])
        return 3

    monkeypatch.setattr("infra.nightly.commands.whole_night", whole)
    argv = ["nightly", "--kubernetes", "1.36", "--kubernetes", "1.37", "--clusters", "1"]
    done = CliRunner().invoke(app, argv, env={"KFS_CLUSTER_ID": "series"})
    assert done.exit_code == 3
    assert given == ["nightly", 1, "1.36", "1.37"]
