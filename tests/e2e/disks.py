"""Disks and users that a service meets in the world: small ones, read-only ones, and users with no rights of their own.

Mounting takes root. A process without capabilities is held to permissions as any user is, root included.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


def unprivileged(command: Sequence[str]) -> list[str]:
    """The command as a user runs it who may do nothing but what files allow."""
    if os.geteuid() != 0:
        return list(command)
    setpriv = shutil.which("setpriv")
    assert setpriv is not None, "setpriv (util-linux) is needed to test as root"
    return [setpriv, "--bounding-set=-all", "--inh-caps=-all", *command]


@contextmanager
def mounted(path: Path, *options: str) -> Iterator[Path]:
    """Something mounted at a path; skips the test where this machine does not let us."""
    path.mkdir(exist_ok=True)
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting takes root")
    if subprocess.run([mount, *options, str(path)], check=False).returncode:
        pytest.skip("this machine does not let us mount")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=False)


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[Path]:
    """A disk of its own, of a size as mount names it: 12m."""
    with mounted(path, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield path


@contextmanager
def read_only(source: Path, path: Path) -> Iterator[Path]:
    """A folder seen at another path where nothing can be written."""
    with mounted(path, "--bind", str(source)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(path)], check=True)
        yield path
