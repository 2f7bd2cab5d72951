"""Moto in the place of AWS, for commands as a person types them.

Plain moto knows every service and region; ours, which has one region, deletes as AWS does.
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra import ec2
from infra.__main__ import main

REGION = "ap-southeast-1"


@dataclass(frozen=True)
class Ended:
    returncode: int
    stdout: str
    stderr: str


Infra = Callable[..., Ended]
"""``kfs`` with arguments."""


def reached(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client; commands reach the same."""
    for name in [name for name in os.environ if name.startswith(("KFS_", "AWS_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps credentials that it found
    return ec2.client(None, REGION)


def run(
    argv: tuple[str, ...],
    state_root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ended:
    """In this process: to start another takes longer than what it does."""
    monkeypatch.setenv("KFS_STATE_ROOT", str(state_root))
    monkeypatch.setattr(sys, "argv", ["kfs", *argv])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return Ended(int(ended.value.code or 0), said.out, said.err)
