"""What steps did, as a page tells it: short, and nothing equal twice."""

from infra.clients.workloads import cgroups
from infra.report import transcript
from infra.report.model import Call, Command, Failure, Item, Scenario, Step

POD = f"{cgroups.ROOT}/kubepods-burstable.slice/kubepods-burstable-podb7c0f3f4_52a5_4a0e.slice"
SCOPE = f"{POD}/cri-containerd-4be1f0a27c93d8654be1f0a27c93d865.scope"


def command(output: str = "", *argv: str, status: int = 0) -> Command:
    return Command("worker-0", argv or ("true",), status, 0.5, output)


def test_equal_commands_one_after_the_other_are_told_once() -> None:
    looks = [command("1"), command("2"), command("3", status=1), command("4")]
    found = transcript.commands(Step("Then", "x", commands=looks))
    assert [(one.times, one.command.output, one.seconds) for one in found] == [
        (2, "2", 1.0),
        (1, "3", 0.5),
        (1, "4", 0.5),
    ]


def test_equal_requests_are_counted() -> None:
    asked = [Call("GET", "/a", 200, 0.1)] * 3 + [Call("GET", "/a", 404, 0.1)]
    found = transcript.calls(Step("Then", "x", calls=asked))
    assert [(one.times, one.call.status) for one in found] == [(3, 200), (1, 404)]


def test_cgroup_files_are_a_table_with_a_row_a_cgroup() -> None:
    lines = [f"{POD}/cpu.max:20000 100000", f"{POD}/memory.events:low 0"]
    lines += [f"{POD}/memory.events:oom_kill 1", f"{SCOPE}/cpu.max:max 100000"]
    (one,) = transcript.commands(Step("Then", "x", commands=[command("\n".join(lines), "grep")]))
    assert one.short == "grep of cgroup files"
    assert one.table.count("<tr>") == 3
    assert ">pod b7c0f3f4</td>" in one.table
    assert ">container 4be1f0a27c93</td>" in one.table
    assert ">low 0, oom_kill 1</td>" in one.table
    assert not transcript.cgroup_table(f"{lines[0]}\ngrep: no such file")


def test_a_cgroup_of_no_pod_keeps_the_end_of_its_path() -> None:
    assert cgroups.short(f"{cgroups.MOUNTED}/system.slice/kubelet.service") == "kubelet.service"


def test_long_lines_and_outputs_are_cut_and_folded() -> None:
    text = "\n".join(f"line {n}" for n in range(9))
    (one,) = transcript.commands(Step("Then", "x", commands=[command(text, "echo", "x" * 300)]))
    assert len(one.short) < len(one.line)
    assert one.first_lines.endswith("line 5")
    assert (one.further_lines.splitlines()[0], one.further) == ("line 6", "3 more lines")


def test_a_link_says_what_is_on_the_page_of_a_scenario() -> None:
    step = Step("Then", "x", commands=[command()], calls=[Call("GET", "/", 200, 0.1)] * 2)
    one = Scenario("i", "n", steps=[step], evidence=[Item("the log", "text", "p")])
    assert transcript.seen(one) == "the log; 1 command and 2 requests"
    one.failure = Failure("X", "m", "call", "trace")
    assert transcript.seen(one).endswith("; where in our code")
    assert transcript.seen(Scenario("i", "n")) == ""
