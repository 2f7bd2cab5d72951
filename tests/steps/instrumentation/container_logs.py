"""Logs of containers: on disk, by the link, and as the API gives them."""

from collections.abc import Callable, Mapping, Sequence

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra.cluster import Cluster
from infra.errors import ClaimError, preparing
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.instrumentation import container_logs
from suite.instrumentation.container_logs import Line, Log
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import Time, phrase, typed

OF_A_PART: Mapping[str, Callable[[Line], str]] = {
    "characters": lambda line: str(len(line.text)),
    "tag": lambda line: {"F": "full", "P": "partial"}[line.tag],
    "text": lambda line: line.text,
}
Lines = Sequence[Line]
OPTIONS: Mapping[str, Callable[[Lines], dict[str, str]]] = {
    "none": lambda _: {},
    "since the second after the last line": (
        lambda lines: {"sinceTime": lines[-1].second(later=1)}
    ),
    "since the second of the first line": lambda lines: {"sinceTime": lines[0].second()},
    "the first 100 bytes": lambda _: {"limitBytes": "100"},
    "the last 3 lines": lambda _: {"tailLines": "3"},
    "timestamps": lambda _: {"timestamps": "true"},
}
"""What the API is asked for; it hands the kubelet whole seconds."""
PARTS: Mapping[str, Callable[[Lines], list[str] | str]] = {
    "every line": lambda lines: [line.text for line in lines],
    "every line with its stored time": (
        lambda lines: [f"{line.full_time} {line.text}" for line in lines]
    ),
    "nothing": lambda _: [],
    "the first 100 bytes": lambda lines: "".join(f"{line.text}\n" for line in lines)[:100],
    "the last 3 lines": lambda lines: [line.text for line in lines[-3:]],
}
"""Lines or a text that it returns then; times have nine digits, of which the file leaves zeros at
the end away.
"""


@given("the nonce that the Pod has printed", target_fixture="nonces")
def printed_nonce(pod: RunningPod) -> list[str]:
    with preparing():
        return [Log(pod).nonce()]


@given(
    phrase(
        "the Pod's log file has {count:Lines} and no unfinished line",
        Lines=typed(r"\d+ full lines?", lambda text: int(text.split(maxsplit=1)[0])),
    )
)
def full_lines(pod: RunningPod, count: int) -> None:
    eventually(
        lambda: "".join(line.tag for line in Log(pod).lines()),
        lambda tags: tags.count("F") == count and tags.endswith("F"),
        within=scaled(container_logs.PRINTED),
        what=f"{count} whole lines of {pod.name} are stored",
    )


@when("the Pod is deleted")
def remove_pod(pod: RunningPod) -> None:
    pod.pods.delete(pod.name)


@then("the Pod's log file on the worker and the link to the file contain the nonce")
def file_and_link_hold(pod: RunningPod, nonces: list[str], evidence: Evidence) -> None:
    log = Log(pod)
    evidence.record("where the line lies", "text", f"{log.link}\n-> {log.file}")
    for path in (log.file, log.link):
        if nonces[0] not in pod.shell.get(path).decode():
            raise ClaimError(f"{path} on {pod.node} should hold {nonces[0]}")


@then("no other log file on any worker contains the nonce")
def only_there(cluster: Cluster, pod: RunningPod, nonces: list[str]) -> None:
    shells = [cluster.shell(machine.name) for machine in cluster.spec.workers]
    found = [(one.name, path) for one in shells for path in container_logs.holding(one, nonces[0])]
    if found != [(pod.node, Log(pod).file)]:
        raise ClaimError(f"only {Log(pod).file} on {pod.node} should hold it; found: {found}")


@then("every stored line has a time, a stream, a tag and its text")
def lines_have_parts(pod: RunningPod, evidence: Evidence) -> None:
    rows = [[line.time, line.stream, line.tag, line.text] for line in Log(pod).lines()]
    table = {"columns": ["time", "stream", "tag", "text"], "rows": rows[-5:]}
    evidence.record("the last lines of the file", "table", table)


@then("the stored lines are of both streams, and every line is tagged as full")
def both_streams(pod: RunningPod) -> None:
    seen = {(line.stream, line.tag) for line in Log(pod).lines()}
    if seen != {("stdout", "F"), ("stderr", "F")}:
        raise ClaimError(f"stdout and stderr should be there, tagged F; it is {sorted(seen)}")


@then(phrase("{time:Time}the Pod's log file has these parts"))
def parts(pod: RunningPod, time: Time, datatable: list[list[str]]) -> None:
    columns, *rows = datatable
    time.must(
        lambda: [[OF_A_PART[name](line) for name in columns] for line in Log(pod).lines()],
        lambda seen: seen == rows,
        what=f"the log of {pod.name} on {pod.node} has the parts {rows}",
    )


@then(phrase("the API returns lines of {sizes} characters"))
def api_joins(pod: RunningPod, sizes: str) -> None:
    wanted = [int(size) for size in sizes.replace(" and ", ", ").split(", ")]
    seen = [len(line) for line in Log(pod).ask().text.splitlines()]
    if seen != wanted:
        raise ClaimError(f"lines of the API should have {wanted} letters; they have {seen}")


@then("with each option, the API returns this part of the stored log")
def options(pod: RunningPod, datatable: list[list[str]]) -> None:
    log, lines = Log(pod), Log(pod).lines()
    wrong = [text for row in datatable[1:] for text in returned_otherwise(log, lines, *row)]
    must_be_none(wrong, "the API gives of a log what is asked for")


def returned_otherwise(log: Log, lines: Lines, option: str, part: str) -> list[str]:
    """What the API gives for an option instead of that part."""
    wanted, text = PARTS[part](lines), log.ask(**OPTIONS[option](lines)).text
    seen = text if isinstance(wanted, str) else text.splitlines()
    return [] if seen == wanted else [f"{option}: {text[-300:]!r}, not {wanted[-3:]!r}"]


@then(phrase("every API server refuses contradictory and impossible options with {status:Count}"))
def options_refused(cluster: Cluster, pod: RunningPod, status: int) -> None:
    path = pod.pods.path(pod.name, "log")
    wrong = [
        f"{where} answered {options} with {got}"
        for where, api in cluster.api_servers().items()
        for options in container_logs.BAD_OPTIONS
        if (got := api.ask("GET", path, params=options).status) != status
    ]
    must_be_none(wrong, f"such options are refused with {status}")


@then("the link is a symbolic link to the Pod's file and ends in the container's ID")
def link_is_link(pod: RunningPod) -> None:
    log = Log(pod)
    target = pod.shell.run(["readlink", log.link], check=False).stdout.strip()
    if target != log.file:
        raise ClaimError(f"{log.link} should be a link to {log.file}; it is {target or 'none'}")


@then(phrase("within {limit:Duration} neither the link nor the Pod's log directory is left"))
def logs_are_gone(pod: RunningPod, limit: float) -> None:
    eventually(
        Log(pod).left,
        lambda left: not left,
        within=scaled(limit),
        what=f"link and folder of the logs of {pod.name} are gone",
    )
