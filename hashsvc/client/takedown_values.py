"""What the client asks and answers about takedowns: small frozen structs and an enum that is plain strings.

Times are in µs since 1970; 0: not yet.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from hashsvc.client.declared import From
from hashsvc.client.values import Position, Problem


class TakedownState(StrEnum):
    """Where a takedown is."""

    UNSPECIFIED = "UNSPECIFIED"
    WAITING = "WAITING"
    NOTICED = "NOTICED"
    REMOVED = "REMOVED"
    REAPPEARED = "REAPPEARED"
    WITHDRAWN = "WITHDRAWN"


class TakedownNotice(msgspec.Struct, frozen=True):
    """A notice that was sent: who says so, when, and to which host or partner hotline."""

    actor: str
    time_us: Annotated[int, From("time")]
    recipient: str


class Takedown(msgspec.Struct, frozen=True):
    """A URL at which illegal content was reported. appearance: how often it came into the outgoing queue, from 1."""

    takedown: int
    url: str
    state: TakedownState
    since_us: Annotated[int, From("state_time")]
    opened_us: Annotated[int, From("open_time")]
    waiting_us: Annotated[int, From("wait_time")]
    reported_us: Annotated[int, From("report_time")]
    item_count: int
    appearance: int
    reappeared_count: int
    notices: tuple[TakedownNotice, ...]
    removed_us: Annotated[int, From("remove_time")]
    removed_by: Annotated[str, From("remove_actor")]


class TakedownMark(msgspec.Struct, frozen=True):
    """What was done about a takedown. state: NOTICED or REMOVED. recipient: of a notice. appearance 0: whichever."""

    takedown: int
    state: TakedownState
    recipient: str = ""
    appearance: int = 0


class TakedownResult(msgspec.Struct, frozen=True):
    """One mark's answer. state: the takedown's now; None: the mark was refused, and `refusal` says why."""

    takedown: int
    state: TakedownState | None
    refusal: Problem | None
    position: Position
    worker: int | None
