"""A machine whose whole user space is one Python program, read from a block device."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

SECTOR = 512
Boots = tuple[Path, Path]
"""Kernel and base image."""


def disk(program: Path, folder: Path) -> Path:
    """A disk that holds the program; a disk ends with a whole sector."""
    made = folder / program.stem
    text = program.read_bytes()
    made.write_bytes(text + b"\n" * (-len(text) % SECTOR))
    return made


def start(
    boots: Boots, program: Path, *, name: str, before: Sequence[str] = (), words: Sequence[str] = ()
) -> "subprocess.Popen[str]":
    """Its console is the output. ``before``: what starts it; ``words`` go on the kernel's line."""
    linux, image = boots
    argv = [*before, str(linux), "mem=256M", "ncpus=1", "seccomp=on"]
    argv += [f"ubda={program.with_name(f'{name}.cow')},{image}", f"ubdbr={program}"]
    argv += ["root=/dev/ubda", "rw", "rootflags=barrier=0", "nohz=off"]
    argv += [f"uml_dir={program.parent}", "con0=null,fd:1", "con=null", *words]
    return subprocess.Popen(
        [*argv, "init=/usr/bin/python3", "--", "/dev/ubdb"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"TMPDIR": "/dev/shm", "PATH": os.environ["PATH"]},
        text=True,
    )


def one_cpu(number: int) -> list[str]:
    """A machine stays on one CPU of the computer, as those of the local EC2 do."""
    cpus = sorted(os.sched_getaffinity(0))
    return ["taskset", "--cpu-list", str(cpus[number % len(cpus)])]
