"""HTTP answers as the bytes that came: whether they are whole, and what they say."""

import http.client
from io import BytesIO

from infra.kube_api import ApiUnreachable

END_OF_HEAD = b"\r\n\r\n"
LAST_CHUNK = b"\r\n0\r\n\r\n"


class Replayed:
    """What http.client wants of a socket: the bytes that came."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self._content)


def is_whole(content: bytes) -> bool:
    """Whether an answer has come to its end, by its length or its last chunk.

    A connection may stay after it: etcd's port for peers closes 5 s later (with one CPU nearly each
    time), whatever the request says. An answer that tells no length ends with its connection.
    """
    if END_OF_HEAD not in content:
        return False
    try:
        answer = begun(content)
        if answer.chunked:  # that no chunk is missing is looked at once: it takes long
            tells_its_end = content.endswith(LAST_CHUNK)
        else:
            tells_its_end = answer.length is not None
        if tells_its_end:
            answer.read()
    except http.client.HTTPException:
        return False
    return tells_its_end


def parsed(content: bytes) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of an answer. Errors: ApiUnreachable for one that was cut off."""
    try:
        answer = begun(content)
        body = answer.read().decode(errors="replace")
    except http.client.HTTPException as error:
        raise ApiUnreachable(
            f"the server ended before its answer did ({len(content)} bytes): {error!r}"
        ) from error
    return answer.status, dict(answer.headers), body


def begun(content: bytes) -> http.client.HTTPResponse:
    """Its head is read. Errors: HTTPException."""
    answer = http.client.HTTPResponse(Replayed(content))  # type: ignore[arg-type]
    answer.begin()
    return answer
