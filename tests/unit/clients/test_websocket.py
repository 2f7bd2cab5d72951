"""Frames of a WebSocket, as far as commands of a kubelet need them."""

import pytest

from infra.clients.transport import websocket


def test_frames_of_a_websocket() -> None:
    long = b"\x01" + b"x" * 300
    frames = b"\x82\x03\x01hi" + b"\x82\x7e\x01\x2d" + long + b"\x89\x00" + b"\x82\x03\x03{}"
    assert websocket.output(frames) == "hi" + "x" * 300
    assert websocket.output(frames, 3) == "{}"
    assert websocket.output(frames[:4]) == "", "a frame that is cut off is none"


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno", False),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnono", True),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x82\x00", False),
        (b"HTTP/1.1 403 Forb", False),
    ],
)
def test_a_refusal_is_known_by_its_length(received: bytes, whole: bool) -> None:  # noqa: FBT001
    assert websocket.is_refusal(received) is whole
