"""What the client asks and answers about takedowns: small frozen structs and an enum that is plain strings.

Times are in µs since 1970; 0: not yet.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

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
    time_us: int
    recipient: str


class Takedown(msgspec.Struct, frozen=True):
    """A URL at which illegal content was reported. appearance: how often it came into the outgoing queue, from 1."""

    takedown: int
    url: str
    state: TakedownState
    since_us: int
    opened_us: int
    waiting_us: int
    reported_us: int
    item_count: int
    appearance: int
    reappeared_count: int
    notices: tuple[TakedownNotice, ...]
    removed_us: int
    removed_by: str


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
