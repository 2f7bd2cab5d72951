"""What was found, put together: machines with their roles, places on which all agree, remarks.

A remark is a sentence on what could not be seen or does not agree. Nothing is guessed: what has no
finding is left to the preset, and a remark says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from infra.described.layouts import PRESETS, PresetName
from infra.survey import candidates, machines, places
from infra.survey.candidates import Candidate
from infra.survey.command_lines import Started
from infra.survey.nodes import Answers
from infra.survey.places import Key, Value


@dataclass(frozen=True)
class Findings:
    """``control_plane`` and ``kube_proxy`` as in my.toml, empty where they were not seen."""

    version: str
    server: str
    machines: tuple[Candidate, ...]
    preset: PresetName = "articles"
    places: Mapping[Key, Value] = field(default_factory=dict)
    control_plane: str = ""
    kube_proxy: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def changes(self) -> dict[Key, Value]:
        """Places that are not those of the preset."""
        layout = PRESETS[self.preset].layout
        return {key: value for key, value in self.places.items() if at(layout, key) != value}

    @property
    def unseen(self) -> list[str]:
        """Places of which nothing was seen, like ``ports.etcd``."""
        layout = PRESETS[self.preset].layout
        every = [(table, key) for table, group in vars(layout).items() for key in vars(group)]
        return [".".join(key) for key in every if key not in self.places]


def at(layout: object, key: Key) -> Value:
    table, name = key
    value: Value = getattr(getattr(layout, table), name)
    return value


def agreed(seen: Mapping[str, Mapping[Key, Value]]) -> tuple[dict[Key, Value], list[str]]:
    """One place for all machines: where they differ, that of most of them, and a remark."""
    by_value: dict[Key, dict[Value, list[str]]] = defaultdict(lambda: defaultdict(list))
    for machine, found in seen.items():
        for key, value in found.items():
            by_value[key][value].append(machine)
    chosen, remarks = dict[Key, Value](), list[str]()
    for key, values in by_value.items():
        chosen[key] = max(values, key=lambda value: len(values[value]))
        if len(values) > 1:
            told = "; ".join(f"{value} on {', '.join(names)}" for value, names in values.items())
            remarks.append(f"{'.'.join(key)} differs, and a layout has one: {told}")
    return chosen, remarks


def preset_of(found: Mapping[Key, Value], control_plane: str) -> PresetName:
    """The one that agrees with most of what was seen; then with how the control plane runs."""

    def agreement(name: PresetName) -> tuple[int, bool]:
        preset = PRESETS[name]
        same = sum(at(preset.layout, key) == value for key, value in found.items())
        return same, preset.control_plane == control_plane

    return max(PRESETS, key=agreement)


def how_it_runs(
    component: str, started: Iterable[Started], words: Mapping[bool, str]
) -> tuple[str, list[str]]:
    """The word for "in a Pod" (True) or "by a unit" (False); empty when it was not seen."""
    by_way: dict[str, list[str]] = defaultdict(list)
    for one in started:
        if one.component == component:
            by_way[words[not one.unit]].append(one.machine)
    if not by_way:
        return "", []
    way = max(by_way, key=lambda word: len(by_way[word]))
    told = "; ".join(f"{word} on {', '.join(names)}" for word, names in by_way.items())
    return way, [f"{component} runs in two ways: {told}"] if len(by_way) > 1 else []


def put_together(
    answers: Answers,
    server: str,
    found: Sequence[Candidate],
    looked: Mapping[str, machines.Machine],
) -> Findings:
    """``looked`` are the machines that were entered, by private address."""
    kept, remarks = candidates.without_unknown(found, looked)
    pods = {one.machine: dict[Key, Value]() for one in answers.components}
    for one in answers.components:
        pods[one.machine] |= places.of_command(one)
    here = {one.name: looked[one.private] for one in kept if one.private in looked}
    seen = pods | {name: {**pods.get(name, {}), **one.places} for name, one in here.items()}
    chosen, more = agreed(seen)
    started = [*answers.components, *(one for machine in here.values() for one in machine.started)]
    control, two = how_it_runs("kube-apiserver", started, {True: "static-pods", False: "units"})
    proxy, others = how_it_runs("kube-proxy", started, {True: "pods", False: "unit"})
    if not proxy and is_without_proxy(answers, kept, here):
        proxy = "none"
    others += [sentence for machine in here.values() for sentence in machine.unseen]
    return Findings(
        answers.version,
        server,
        tuple(kept),
        preset=preset_of(chosen, control),
        places=chosen,
        control_plane=control,
        kube_proxy=proxy,
        remarks=(
            *answers.refused,
            *remarks,
            *more,
            *two,
            *others,
            *(not_seen(control, proxy)),
        ),
    )


def is_without_proxy(
    answers: Answers, kept: Sequence[Candidate], here: Mapping[str, machines.Machine]
) -> bool:
    """Every worker was entered, and Pods were listed."""
    workers = [one.name for one in kept if "worker" in one.role]
    return bool(workers) and not answers.refused and all(name in here for name in workers)


def not_seen(control: str, proxy: str) -> Iterator[str]:
    if not control:
        yield "no API server was seen, as a Pod or as a process: control_plane is the preset's"
    if not proxy:
        yield "no kube-proxy was seen, nor that there is none: kube_proxy is the preset's"
