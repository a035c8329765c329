"""Files as all floors need them: those that come with hashsvc, why a folder cannot be written to, names that last."""

from __future__ import annotations

import os
import pwd
from importlib import resources
from pathlib import Path

from hashsvc.errors import FailedPrecondition, HashsvcError


def read_shipped(name: str) -> str:
    """Read a file of data/ that comes with hashsvc: in the package where installed, beside it in the source tree."""
    package = resources.files("hashsvc")
    inside = package / "data" / name
    if inside.is_file():
        return inside.read_text("utf-8")
    return (Path(str(package)).parent / "data" / name).read_text("utf-8")


KERNELS_VARIABLE = "HASHSVC_KERNELS"  # tells a process which folder `kernels_folder` is (index/kernel_cache.py)


def kernels_folder(data_dir: Path) -> Path:
    """Name the folder in a list's directory where search kernels are kept if nothing else may be written to."""
    return data_dir.absolute() / "kernels"


def why_not_writable(*paths: Path) -> HashsvcError | None:
    """Say why this process cannot write to files or folders, and what would be right. None: it can.

    Of a path that is not there, what holds for the folder that would hold it.
    """
    for path in paths:
        place = path
        while not place.exists():
            place = place.parent
        if os.statvfs(place).f_flag & os.ST_RDONLY:
            return FailedPrecondition(
                "READ_ONLY_FILE_SYSTEM",
                f"{place} is on a file system that cannot be written to; `hashsvc verify` and `hashsvc backup` read "
                "there, this needs to write",
            )
        if not os.access(place, os.R_OK | os.W_OK):
            owner, we = _user(place.stat().st_uid), _user(os.geteuid())
            return FailedPrecondition(
                "OTHER_OWNER",
                f"{place} belongs to {owner}, and this process is {we}, who may not write there: run it as {owner}, or "
                f"give the whole directory to {we} (chown -R)",
            )
    return None


def _user(number: int) -> str:
    """Name a user as the system does, else by number."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


def sync_folder(folder: Path) -> None:
    """Wait until the names of a folder are on disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
