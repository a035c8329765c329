"""How a command ends that went wrong: in words on stderr, and by an exit status. Errors become these here alone."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import click

from hashsvc.cli.extras import MissingExtra
from hashsvc.errors import CommitFailed, HashsvcError

EXIT_UNREACHABLE = 3


class Failed(click.ClickException):
    """Something went wrong; told on stderr, exit status 1."""


class Unreachable(Failed):
    """Nobody answered."""

    exit_code = EXIT_UNREACHABLE


@contextmanager
def told() -> Iterator[None]:
    """Turn errors of hashsvc and of the system, and a missing extra, into `Failed`; others are our faults and pass."""
    try:
        yield
    except MissingExtra as error:
        raise Failed(str(error)) from error
    except HashsvcError as error:
        raise _failure(error) from error
    except CommitFailed as error:
        raise Failed(
            f"the store could not be written: {error}; most likely its disk is full. Make room and run this again"
        ) from error
    except OSError as error:
        if error.errno == errno.EPIPE:  # whoever read our output went away; click ends quietly
            raise
        raise Failed(_of_system(error)) from error


def _failure(error: HashsvcError) -> Failed:
    """Say what went wrong; a server that never answered has a status of its own."""
    if getattr(error, "answered", None) is False and _no_answer(error):
        return Unreachable(f"the server cannot be reached: {error.message}")
    return Failed(str(error))


def _no_answer(error: HashsvcError) -> bool:
    code = getattr(error, "code", None)
    return getattr(code, "name", "") in {"UNAVAILABLE", "DEADLINE_EXCEEDED"}


def _of_system(error: OSError) -> str:
    """Say what the system refused: the file, and why."""
    why = error.strerror or str(error) or type(error).__name__
    if error.errno == errno.ENOSPC and error.filename is None:
        why = "no room left on a disk: that of the list, or of temporary files (TMPDIR)"
    return why if error.filename is None else f"{error.filename}: {why}"
