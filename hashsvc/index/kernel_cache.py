"""Where compiled kernels are kept: made once, at installation, by `hashsvc init` or by the first start that lacks them.

numba keeps them where it may write, and fails where it may write nowhere. Here a place that cannot be written to is
read all the same, and where there is none kernels are compiled in memory, tens of seconds at each start. The first of
these that holds kernels of this very version is taken, else the first that can be written to:

1. NUMBA_CACHE_DIR, numba's own variable,
2. beside the source: filled at installation (`make`, or `hashsvc init` by whoever may write there),
3. the folder `kernels` of the list that a command is about (HASHSVC_KERNELS, which commands and supervisor set).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
from numba.core.caching import Cache, CompileResultCacheImpl

from hashsvc.files import KERNELS_VARIABLE

_STAMP = "hashsvc-kernels"  # the file that says which version the kernels of a place are of


@cache
def place() -> Path | None:
    """Choose the folder of kernels, once a process. None: nowhere, they are kept in memory only."""
    places = [Path(__file__).parent / "__pycache__"]
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        places.insert(0, Path(named))
    if (of_list := os.environ.get(KERNELS_VARIABLE)) and _is_trusted(Path(of_list)):
        places.append(Path(of_list))
    made = next((one for one in places if is_made(one)), None)
    return made or next((one for one in places if _is_writable(one)), None)


def is_made(folder: Path) -> bool:
    """Say whether a folder holds the kernels of this version, for this processor."""
    try:
        return (folder / _STAMP).read_bytes() == version().encode()
    except OSError:
        return False


def note_made() -> None:
    """Say in the chosen place that all kernels are there. Does nothing where it cannot be written to."""
    chosen = place()
    if chosen is not None and not is_made(chosen):
        new = chosen / f"{_STAMP}.{os.getpid()}"
        try:
            new.write_text(version())
            new.rename(chosen / _STAMP)
        except OSError:
            with suppress(OSError):
                new.unlink()


def kept() -> Path | None:
    """Tell where all kernels of this version are kept; None: they are compiled at each start."""
    chosen = place()
    return chosen if chosen is not None and is_made(chosen) else None


@cache
def version() -> str:
    """Name what kernels depend on: their sources, numba, and the processor. Reads 15 small files, under 1 ms."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return f"{digest.hexdigest()} numba {numba.__version__} {llvmlite.binding.get_host_cpu_name()}\n"


def keep(function: Callable[..., Any], compiled: Any) -> None:
    """Let a compiled function be loaded from the chosen place, and saved there if that is possible."""
    if place() is not None:
        compiled._cache = _Kernels(function)


def _is_trusted(folder: Path) -> bool:
    """Say whether nobody else can write to a list's folder, or in it: loading a kernel runs what its file says.

    A folder that is not there yet is made only by who owns the list: root, who only looks, would lock its owner out.
    """
    if not folder.exists():
        return not folder.parent.exists() or folder.parent.stat().st_uid == os.geteuid()
    found = [one.stat() for one in (folder, *folder.glob("*"))] if os.access(folder, os.R_OK | os.X_OK) else []
    return bool(found) and all(one.st_uid in (0, os.geteuid()) and not one.st_mode & 0o022 for one in found)


def _is_writable(folder: Path) -> bool:
    """Say whether files can be made in a folder, or it can be made itself."""
    while not folder.exists():
        folder = folder.parent
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


class _Place:
    """What numba asks about the place of one function (numba.core.caching, _CacheLocator)."""

    def __init__(self, function: Any, source: str, folder: Path) -> None:
        self._folder = folder
        self._line = function.__code__.co_firstlineno
        self._py_file = source  # numba's name: its warnings name the file

    @classmethod
    def from_function(cls, function: Any, source: str) -> _Place | None:
        folder = place()
        return None if folder is None else cls(function, source, folder)

    def get_cache_path(self) -> str:
        return str(self._folder)

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def get_source_stamp(self) -> str:
        """All sources, not only the function's own: a kernel holds what it calls of other modules, inlined."""
        return version()

    def get_disambiguator(self) -> str:
        return str(self._line)


class _Impl(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Place,)


class _Kernels(Cache):  # type: ignore[misc]
    """A function's cache. What cannot be saved is compiled again next time, what cannot be loaded at once."""

    _impl_class = _Impl

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # noqa: BLE001  (a file cut short or garbled can fail in any way)
            with suppress(OSError):
                self.flush()  # forget it, so that what is compiled now can be saved
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(Exception):  # a full disk, or an index that cannot be read
            super().save_overload(sig, data)
