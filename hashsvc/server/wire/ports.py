"""What the server needs of the floors below, as protocols, so that its tests run over a store of fifty lines.

`hashlist.ListStore` and `hashlist.Snapshot` offer them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from hashsvc.errors import HashsvcError
from hashsvc.hashlist.values import (
    BatchView,
    ChangeView,
    Command,
    Content,
    EntryView,
    PolicyView,
    Position,
    Stats,
    Written,
)
from hashsvc.matching import source


class Pages(Protocol):
    """What people read of a list by pages."""

    def entries(self, after_number: int, limit: int, state: int, batch_id: bytes) -> tuple[list[EntryView], int]: ...

    def history(self, entry_id: bytes, before_sequence: int, limit: int) -> tuple[list[ChangeView], int]: ...

    def batches(self, before_number: int, limit: int) -> tuple[list[BatchView], int]: ...

    def changes(self, after_sequence: int, limit: int, byte_limit: int) -> list[ChangeView]: ...


class Snapshot(source.Snapshot, Protocol):
    """One state of the list, for searching (matching's part) and for reading what people see."""

    def require(self, demanded: Position | None) -> None:
        """Refuse unless this is the list, the epoch and at least the sequence that is demanded."""
        ...

    @property
    def pages(self) -> Pages: ...

    def entry(self, entry_id: bytes) -> EntryView: ...

    def batch(self, batch_id: bytes) -> BatchView: ...

    def stats(self) -> Stats: ...

    @property
    def policy_sequence(self) -> int:
        """Tell which change brought the policy into force; 0: the one that comes with hashsvc."""
        ...

    def policy_in_force(self) -> PolicyView | None: ...

    def policy_proposed(self) -> PolicyView | None: ...

    def covered(self, scope: int, expression: str, but_number: int) -> tuple[int, bool]:
        """Count live entries, but one, below a wide URL; and whether there are more."""
        ...


class Store(Protocol):
    """An open list."""

    def snapshot(self) -> AbstractContextManager[Any]: ...

    def write(self, commands: Sequence[Command]) -> Sequence[Written | HashsvcError]:
        """Do commands in one durable transaction; refused ones come back as errors."""
        ...

    def try_import(self, source: str, contents: Sequence[Content]) -> Written:
        """Say what an import would do, without doing it."""
        ...

    def tick(self) -> object:
        """Bring the delta up to date."""
        ...

    def close(self) -> None: ...
