"""Files as all floors need them: those that come with hashsvc, and folders whose names must survive a power failure."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path


def read_shipped(name: str) -> str:
    """Read a file of data/ that comes with hashsvc: in the package where installed, beside it in the source tree."""
    package = resources.files("hashsvc")
    inside = package / "data" / name
    if inside.is_file():
        return inside.read_text("utf-8")
    return (Path(str(package)).parent / "data" / name).read_text("utf-8")


def sync_folder(folder: Path) -> None:
    """Wait until the names of a folder are on disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
