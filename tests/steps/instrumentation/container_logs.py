"""Logs of containers: on disk, by the link, and as the API gives them."""

from pytest_bdd import given, then, when

from fixtures.plugin.recording import Evidence
from infra.cluster import Cluster
from infra.errors import ClaimError, preparing
from infra.timing import scaled
from infra.wait import eventually
from suite.expect import must_be_none
from suite.instrumentation import container_logs
from suite.instrumentation.container_logs import Log
from suite.workloads.pod_under_test import RunningPod
from tests.steps.phrases import phrase


@given("the nonce that the Pod has printed", target_fixture="nonces")
def printed_nonce(pod: RunningPod) -> list[str]:
    with preparing():
        return [Log(pod).nonce()]


@given("the Pod's three lines are stored")
def three_lines(pod: RunningPod) -> None:
    eventually(
        lambda: sum(line.tag == "F" for line in Log(pod).lines()),
        lambda whole: whole == 3,
        within=scaled(container_logs.PRINTED),
        what=f"three whole lines of {pod.name} are stored",
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


@then(phrase("the stored parts have {sizes} characters"))
def pieces(pod: RunningPod, sizes: str) -> None:
    must_be_sizes([line.text for line in Log(pod).lines()], sizes, "stored pieces")


@then("every part except the last of a line is tagged as partial")
def tagged_parts(pod: RunningPod) -> None:
    tags = "".join(line.tag for line in Log(pod).lines())
    if tags != "FPFPPF":
        raise ClaimError(f"the pieces should be tagged F, P F, P P F; they are {tags}")


@then(phrase("the API returns lines of {sizes} characters"))
def api_joins(pod: RunningPod, sizes: str) -> None:
    must_be_sizes(Log(pod).ask().text.splitlines(), sizes, "lines of the API")


@then("the API returns the texts of the file and nothing else")
def api_gives_texts(pod: RunningPod) -> None:
    must_equal(Log(pod).ask().text, [line.text for line in Log(pod).lines()], "without times")


@then("with timestamps, the API returns the stored times")
def api_gives_times(pod: RunningPod) -> None:
    """To nine digits, filled up with zeros: the file leaves those at the end away."""
    wanted = [f"{line.full_time} {line.text}" for line in Log(pod).lines()]
    must_equal(Log(pod).ask(timestamps="true").text, wanted, "with times")


@then(
    phrase(
        "the API returns exactly the last {count:Count} lines and the first {size:Count} "
        "bytes of the file"
    )
)
def tail_and_limit(pod: RunningPod, count: int, size: int) -> None:
    texts = [line.text for line in Log(pod).lines()]
    must_equal(Log(pod).ask(tailLines=str(count)).text, texts[-count:], f"the last {count}")
    got, wanted = Log(pod).ask(limitBytes=str(size)).text, "\n".join([*texts, ""])[:size]
    if got != wanted:
        raise ClaimError(f"the first {size} bytes should be {wanted!r}; they are {got!r}")


@then(
    "the API returns all lines since the second of the first, and none since the "
    "second after the last"
)
def since_time(pod: RunningPod) -> None:
    """The API server hands the kubelet whole seconds."""
    lines = Log(pod).lines()
    texts = [line.text for line in lines]
    must_equal(Log(pod).ask(sinceTime=lines[0].second()).text, texts, "since the first")
    must_equal(Log(pod).ask(sinceTime=lines[-1].second(later=1)).text, [], "after the last")


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


def must_equal(text: str, wanted: list[str], how: str) -> None:
    if text.splitlines() != wanted:
        raise ClaimError(f"{how}, the API should give {wanted[-3:]}; it gives {text[-300:]!r}")


def must_be_sizes(texts: list[str], sizes: str, what: str) -> None:
    wanted = [int(size) for size in sizes.replace(" and ", ", ").split(", ")]
    if [len(text) for text in texts] != wanted:
        raise ClaimError(f"{what} should have {wanted} letters; they have {list(map(len, texts))}")
