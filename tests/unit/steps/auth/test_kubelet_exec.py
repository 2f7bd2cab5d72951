"""Commands and logs by two ways: every Then-step goes red, as one understands."""

from typing import Any

from tests.steps.auth import kubelet_exec as commands
from tests.unit.fakes import evidence, goes_red, running_pod
from tests.unit.steps.auth.test_kubelet_api_access import caller, cluster_of


def test_commands_by_get_and_by_post() -> None:
    pod, _, _ = running_pod()
    right = caller(ran=(101, "rz\n"))
    commands.get_runs(right, [pod], evidence())
    goes_red(
        "a GET runs cat.*on worker-0 it gave 101 'other'",
        commands.get_runs, caller(ran=(101, "other")), [pod], evidence(),
    )  # fmt: skip
    goes_red("gave 403", commands.get_runs, caller(), [pod], evidence())
    commands.commands_refused(right, caller(), [pod], "first", "POST")
    posting = caller(post=200)
    says = "/run by POST is refused"
    goes_red(says, commands.commands_refused, posting, caller(), [pod], "first", "POST")
    commands.commands_refused(right, caller(), [pod], "second", "GET and POST")
    goes_red("/exec by GET is refused with 403; instead: .*worker-0",
             commands.commands_refused, caller(), right, [pod], "second", "GET and POST",
    )  # fmt: skip
    says = "/run by POST"
    goes_red(says, commands.commands_refused, right, posting, [pod], "second", "GET and POST")


def test_the_ordinary_path_at_each_api_server() -> None:
    pod, _, _ = running_pod()
    log, run = pod.pods.path("rz", "log"), pod.pods.path("rz", "exec")
    command = f"POST {run}?command=id&stdout=true"
    refused: dict[str, Any] = {command: (403, {}), f"GET {log}": (403, {})}
    for what, request, words in (
        ("commands in the Pod", command, "pods/exec is refused with 403"),
        ("the Pod's log", f"GET {log}", "pods/log is refused with 403"),
    ):
        commands.ordinary_refused(cluster_of(refused), caller(), pod, what)
        answered = cluster_of(refused, {**refused, request: {}})
        goes_red(words, commands.ordinary_refused, answered, caller(), pod, what)
    review = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    all_of_it = cluster_of({review: {"status": {"allowed": True}}})
    goes_red("review its rights as .*False", commands.review_agrees, all_of_it, caller(), pod)
    broken = cluster_of({log: "a line"}, {log: (500, {"message": "no kubelet"})})
    goes_red(
        "admin should read the Pod's log.*; instead: .*500", commands.admin_reads_log, broken, pod
    )
