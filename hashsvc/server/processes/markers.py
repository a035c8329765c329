"""Small files by which the server's processes tell one another what goes on, all beside the list, never in it.

DATA/read_only.json: a commit failed, writes wait. DATA/damaged.json: the list was found damaged, nothing is
answered. DATA/scrubbed: touched when a scrub ends. DATA/supervisor.json: who serves, and where. Written by rename, so
that a reader sees a whole file or none.
Nothing here touches DATA/list, whose files only LMDB may open (docs/measured.md 5).
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from hashsvc.files import sync_folder


class ReadOnly(msgspec.Struct, frozen=True):
    """Why writes wait. since_us: since when."""

    reason: str
    process: str
    since_us: int


class Damaged(msgspec.Struct, frozen=True):
    """What a scrub found. problems: the first few, in words."""

    found_us: int
    problem_count: int
    problems: list[str]


class Serving(msgspec.Struct, frozen=True):
    """Who serves a list. instance: new at each start. address: HOST:PORT of calls. state: starting or serving."""

    instance: str
    process_id: int
    address: str
    metrics_address: str
    worker_count: int
    started_us: int
    state: str = "starting"


class Markers:
    """The marker files of one list's directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._read_only_path = data_dir / "read_only.json"
        self._spare_path = data_dir / "read_only.spare"
        self._damaged_path = data_dir / "damaged.json"
        self._serving_path = data_dir / "supervisor.json"
        self._scrubbed_path = data_dir / "scrubbed"

    # ------------------------------------------------------------ read-only mode

    def is_read_only(self) -> bool:
        """Say whether writes wait. One stat call, some 2 µs."""
        return os.path.exists(self._read_only_path)

    def read_only(self) -> ReadOnly | None:
        """Read why; None if writes are allowed. An unreadable marker counts all the same."""
        try:
            return msgspec.json.decode(self._read_only_path.read_bytes(), type=ReadOnly)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError):
            return ReadOnly("the marker cannot be read", "", 0)

    def keep_spare(self) -> None:
        """Keep an empty file in store, so that the marker can be set by a rename when the disk is full."""
        self._spare_path.touch(mode=0o600)

    def set_read_only(self, marker: ReadOnly) -> None:
        """Set the marker; durable when this returns, unless the disk refuses even that."""
        try:
            _write(self._read_only_path, msgspec.json.encode(marker))
        except OSError:
            os.rename(self._spare_path, self._read_only_path)

    def clear_read_only(self) -> None:
        """Take the marker away: writes go on."""
        self._read_only_path.unlink(missing_ok=True)
        self.keep_spare()

    # ------------------------------------------------------------ damage

    def is_damaged(self) -> bool:
        """Say whether the last scrub found the list damaged."""
        return os.path.exists(self._damaged_path)

    def holds_writes(self) -> bool:
        """Say whether nothing may be written: writes wait, or what is read may be wrong."""
        return self.is_read_only() or self.is_damaged()

    def set_damaged(self, marker: Damaged) -> None:
        _write(self._damaged_path, msgspec.json.encode(marker))

    def clear_damaged(self) -> None:
        self._damaged_path.unlink(missing_ok=True)

    # ------------------------------------------------------------ scrubs

    def scrubbed_s(self) -> float:
        """When the last scrub ended, seconds since 1970; 0 if none did."""
        try:
            return self._scrubbed_path.stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def set_scrubbed(self) -> None:
        """Note that a scrub has ended just now, so that restarts do not put the next one off for ever."""
        self._scrubbed_path.touch(mode=0o600)

    # ------------------------------------------------------------ who serves

    def serving(self) -> Serving | None:
        """Read who serves; None if that cannot be read."""
        try:
            return msgspec.json.decode(self._serving_path.read_bytes(), type=Serving)
        except (OSError, msgspec.DecodeError):
            return None

    def set_serving(self, serving: Serving) -> None:
        _write(self._serving_path, msgspec.json.encode(serving))

    def clear_serving(self) -> None:
        self._serving_path.unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Write a whole file durably, or leave the old one."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(new, path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
