"""Who looks at which case, for how long, and how much is too much: 4 hours a day, a break each hour (configurable).

One case at a time: a second one is given when the first was assessed or given back. Every viewing is counted, also one
whose time ran out or whose case closed meanwhile.
"""

from __future__ import annotations

from typing import Protocol

from msgspec.structs import replace

from hashsvc.casework.exposure import DAY_US
from hashsvc.casework.tables import Tables, number_key
from hashsvc.casework.values import Case, Event, EventKind
from hashsvc.errors import FailedPrecondition, ResourceExhausted

_NUMBERS = 3  # case, begin, end


class Limits(Protocol):
    """What an operator sets."""

    @property
    def lease_us(self) -> int: ...
    @property
    def exposure_day_us(self) -> int: ...
    @property
    def exposure_run_us(self) -> int: ...
    @property
    def break_us(self) -> int: ...


def begin(tables: Tables, limits: Limits, actor: str, case: Case, now_us: int) -> Case:
    """Give a case to somebody, or more time to who has it.

    Raises FailedPrecondition HOLDS_ANOTHER; ResourceExhausted EXPOSURE_LIMIT, BREAK_DUE.
    """
    until_us = now_us + limits.lease_us
    held = _lease(tables, actor)
    if held is not None and held[2] <= now_us:
        _end(tables, actor, held, held[2], EventKind.CASE_RELEASED, "")
        held = None
    if held is not None and held[0] != case.number:
        raise FailedPrecondition(
            "HOLDS_ANOTHER", f"this person looks at case {held[0]}; assess it or give it back first", field="case"
        )
    if held is None:
        _check(tables, limits, actor, now_us)
        if case.lease_actor and case.lease_actor != actor:
            lapsed(tables, case, now_us)
        tables.note(Event(now_us, EventKind.CASE_CLAIMED, actor, case.number, value=1))
    since_us = now_us if held is None else held[1]
    tables.put("leases", actor.encode(), b"".join(map(number_key, (case.number, since_us, until_us))))
    return replace(case, lease_actor=actor, lease_until_us=until_us, released_by="")


def case_held(tables: Tables, actor: str, now_us: int) -> int:
    """The number of the case that a person holds, 0 if none."""
    held = _lease(tables, actor)
    return held[0] if held is not None and held[2] > now_us else 0


def end(tables: Tables, case: Case, now_us: int, kind: int, label: str = "") -> Case:
    """Take a case from who holds it, and count how long it was looked at."""
    held = _lease(tables, case.lease_actor) if case.lease_actor else None
    if held is not None and held[0] == case.number:
        _end(tables, case.lease_actor, held, min(now_us, held[2]), kind, label)
    return replace(case, lease_actor="", lease_until_us=0)


def lapsed(tables: Tables, case: Case, now_us: int) -> None:
    """Count a viewing that nobody ended: its time ran out, or its case closed meanwhile."""
    end(tables, case, now_us, EventKind.CASE_RELEASED)


def _end(tables: Tables, actor: str, held: tuple[int, int, int], end_us: int, kind: int, label: str) -> None:
    case, since_us, _ = held
    duration = max(0, end_us - since_us)
    tables.note(Event(end_us, kind, actor, case, value=duration, label=label))
    tables.put("viewings", actor.encode() + b"\0" + number_key(end_us), number_key(duration))
    tables.delete("leases", actor.encode())


def _lease(tables: Tables, actor: str) -> tuple[int, int, int] | None:
    data = tables.get("leases", actor.encode())
    if data is None:
        return None
    case, since_us, until_us = (int.from_bytes(data[at : at + 8], "big") for at in range(0, 8 * _NUMBERS, 8))
    return case, since_us, until_us


def _check(tables: Tables, limits: Limits, actor: str, now_us: int) -> None:
    looked = viewings(tables, actor, now_us - DAY_US)
    midnight_us = now_us - now_us % DAY_US
    total = sum(duration for end_us, duration in looked if end_us >= midnight_us)
    if total >= limits.exposure_day_us:
        raise ResourceExhausted(
            "EXPOSURE_LIMIT", f"{total // 60_000_000} minutes of viewing today; no more until tomorrow"
        )
    run, begin_us = 0, now_us
    for end_us, duration in reversed(looked):
        if begin_us - end_us >= limits.break_us:
            break
        run, begin_us = run + duration, end_us - duration
    if run >= limits.exposure_run_us:
        left_us = limits.break_us - (now_us - looked[-1][0])
        raise ResourceExhausted(
            "BREAK_DUE", f"a break is due: {max(1, left_us // 60_000_000)} minutes", retry_after_ms=left_us // 1000
        )


def viewings(tables: Tables, actor: str, since_us: int) -> list[tuple[int, int]]:
    """When one person's viewings of a time ended and how long they took, in µs, oldest first."""
    start = actor.encode() + b"\0"
    found = []
    for key, value in tables.rows("viewings", start + number_key(max(0, since_us))):
        if not key.startswith(start):
            break
        found.append((int.from_bytes(key[len(start) :], "big"), int.from_bytes(value, "big")))
    return found
