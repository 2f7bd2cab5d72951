import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.errors import PlatformError
from infra.localec2.host import mconsole

Replies = list[tuple[int, int, bytes]]
Kernel = Callable[[Replies], tuple[Path, list[bytes]]]


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    """A machine's kernel that answers with the given (error, more, text), once."""
    console = tmp_path / "i-1" / "mconsole"
    console.parent.mkdir()
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(str(console))
    threads: list[threading.Thread] = []

    def start(replies: Replies) -> tuple[Path, list[bytes]]:
        asked: list[bytes] = []

        def answer() -> None:
            request, sender = server.recvfrom(4096)
            asked.append(request)
            for error, more, text in replies:
                # As the kernel sends it: no longer than its text, which a zero byte ends.
                data = text + b"\0"
                server.sendto(struct.pack("=III", error, more, len(data)) + data, sender)

        thread = threading.Thread(target=answer)
        thread.start()
        threads.append(thread)
        return console, asked

    yield start
    for thread in threads:
        thread.join()
    server.close()


def test_a_request_is_magic_version_length_and_512_bytes(kernel: Kernel) -> None:
    console, asked = kernel([(0, 0, b"OK Linux")])
    assert mconsole.ask(console, "version") == "OK Linux"
    assert len(asked[0]) == 12 + 512
    assert struct.unpack_from("=III7s", asked[0]) == (0xCAFEBABE, 2, 7, b"version")


def test_a_long_answer_comes_in_parts(kernel: Kernel) -> None:
    console, _ = kernel([(0, 1, b"OK one "), (0, 0, b"two")])
    assert mconsole.ask(console, "proc x") == "OK one two"


def test_a_refusal_is_an_error_with_the_kernels_words(kernel: Kernel) -> None:
    console, _ = kernel([(1, 0, b"ERR Device is currently open")])
    with pytest.raises(PlatformError, match=r"i-1.*'remove ubdb'.*currently open"):
        mconsole.ask(console, "remove ubdb")


def test_a_machine_that_is_to_go_down_has_nothing_to_reboot_into(kernel: Kernel) -> None:
    console, asked = kernel([(0, 0, b"OK")])
    executable = console.with_name(mconsole.EXECUTABLE)
    executable.symlink_to("kernel")
    mconsole.shut_down(console, executable)
    assert not executable.is_symlink()
    assert struct.unpack_from("=III3s", asked[0])[3] == b"cad"


def test_nobody_there(tmp_path: Path) -> None:
    (tmp_path / "i-1").mkdir()
    assert not mconsole.answers(tmp_path / "i-1" / "mconsole")


def test_silence_is_no_answer(kernel: Kernel) -> None:
    console, _ = kernel([])
    with pytest.raises(TimeoutError):
        mconsole.ask(console, "version", within=0.05)


def test_nothing_is_left_behind(kernel: Kernel) -> None:
    console, _ = kernel([(0, 0, b"OK")])
    assert mconsole.answers(console)
    assert [p.name for p in console.parent.parent.iterdir()] == ["i-1"]
