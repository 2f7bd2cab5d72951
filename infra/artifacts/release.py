"""Downloads from upstream's official releases: resumed where they broke off, checked, unpacked."""

import http.client
import shutil
import tarfile
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from infra.artifacts.catalog import Component, Release
from infra.artifacts.store import Store, key_of, sha256_of
from infra.errors import MissingArtifact

TIMEOUT = 5.0
"""Seconds of silence after which a server counts as unreachable: offline runs must not hang."""
ATTEMPTS = 3
"""How often one run continues a download that broke off; the next run continues it again."""
BLOCK = 1 << 20


class NotOffered(Exception):
    """The release cannot be reached or does not have the file; the next source is tried."""


class WrongChecksum(MissingArtifact):
    """What was downloaded is not what upstream published; no other source is tried."""


class Releases:
    """Official releases as one run sees them; a server that did not answer is not asked again."""

    def __init__(self) -> None:
        self._unreachable: dict[str, str] = {}

    def fetch(self, component: Component, target: Path, *, store: Store) -> None:
        """Put the verified program at ``target``, executable.

        Errors: NotOffered; WrongChecksum.
        """
        if component.release is None:
            raise NotOffered("upstream releases no such program")
        release = component.release
        wanted = _checksum(release, self._read(release.checksum_url))
        key = key_of(release.url, wanted)
        with store.locked(f"part-{key}"):
            part = store.file("parts", key)
            self._download(release.url, part, wanted)
            found = sha256_of(part)
            if found != wanted:
                part.unlink()
                reason = f"{release.url} has sha256 {found}, its release says {wanted}"
                raise WrongChecksum(str(component), f"{reason}; it was removed, run again")
            _place(part, target, member=release.member)
            if release.member is None:
                part.unlink()  # an archive stays: the group's other programs are in it

    def _download(self, url: str, part: Path, wanted: str) -> None:
        cause = ""
        for _ in range(ATTEMPTS):
            if part.exists() and sha256_of(part) == wanted:
                return
            try:
                if self._continue(url, part):
                    return
                cause = "the connection was closed early"
            except NotOffered as error:
                cause = str(error)
        raise NotOffered(f"{url} broke off {ATTEMPTS} times ({cause}); the next run continues it")

    def _continue(self, url: str, part: Path) -> bool:
        """Append what is missing; whether the server's last byte was seen."""
        start = part.stat().st_size if part.exists() else 0
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            with self._open(url, headers) as answer:
                resumed = answer.status == http.HTTPStatus.PARTIAL_CONTENT
                with part.open("ab" if resumed else "wb") as file:
                    length = int(answer.headers.get("Content-Length", "-1"))
                    before = file.tell()
                    shutil.copyfileobj(answer, file, BLOCK)
                    return length < 0 or file.tell() - before == length
        except urllib.error.HTTPError as error:
            if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise NotOffered(f"{url} answers {error.code} {error.reason}") from error
            part.unlink()  # longer than the file: begin anew
            return False
        except (OSError, http.client.HTTPException) as error:
            raise NotOffered(f"{url}: {error}") from error

    def _read(self, url: str) -> str:
        try:
            with self._open(url, {}) as answer:
                return answer.read(BLOCK).decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            raise NotOffered(f"{url} answers {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException) as error:
            raise NotOffered(f"{url}: {error}") from error

    def _open(self, url: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        server = urlsplit(url).netloc
        if server in self._unreachable:
            raise NotOffered(f"{server} is unreachable: {self._unreachable[server]}")
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - a pinned URL
        try:
            answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310
        except urllib.error.HTTPError:
            raise
        except OSError as error:
            self._unreachable[server] = str(getattr(error, "reason", error))
            raise NotOffered(f"{server} is unreachable: {self._unreachable[server]}") from error
        return answer


def _checksum(release: Release, text: str) -> str:
    """The sha256 of the release's file: the line that names it, or the only word there is."""
    name = release.url.rsplit("/", 1)[-1]
    for line in text.splitlines():
        words = line.split()
        named = len(words) == 1 or (len(words) == 2 and words[1].lstrip("*").split("/")[-1] == name)
        if named and len(words[0]) == 64:
            return words[0].lower()
    raise NotOffered(f"{release.checksum_url} does not name {name}")


def _place(part: Path, target: Path, *, member: str | None) -> None:
    if member is None:
        shutil.copyfile(part, target)
    else:
        with tarfile.open(part) as archive:
            names = {info.name.removeprefix("./"): info for info in archive if info.isfile()}
            content = archive.extractfile(names[member]) if member in names else None
            if content is None:
                raise NotOffered(f"the release archive has no {member}")
            with target.open("wb") as file:
                shutil.copyfileobj(content, file, BLOCK)
    target.chmod(0o755)
