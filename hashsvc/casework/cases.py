"""Cases as they are stored: the row and its place in the queue, written together, and by nobody else.

Knows no rule about who may do what to a case, and nothing of its items: those stand in tables of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from hashsvc.casework import priority
from hashsvc.casework.tables import Tables, number_key
from hashsvc.casework.values import Case, CaseState
from hashsvc.errors import FailedPrecondition, NotFound

LIVE = (CaseState.OPEN, CaseState.DECIDING)  # what stands in the queue


def new_number(tables: Tables) -> int:
    """The number of a case that opens."""
    return tables.next_number(b"last_case")


def find(tables: Tables, number: int) -> Case | None:
    """A case, None where there is none."""
    return tables.read(Case, "cases", number_key(number))


def read(tables: Tables, number: int) -> Case:
    """A case. Raises NotFound UNKNOWN_CASE."""
    found = find(tables, number)
    if found is None:
        raise NotFound("UNKNOWN_CASE", "there is no case of this number", field="case")
    return found


def is_open(tables: Tables, number: int) -> bool:
    """Say whether there is such a case and it is OPEN."""
    case = find(tables, number)
    return case is not None and case.state == CaseState.OPEN


def held(tables: Tables, actor: str, number: int, now_us: int, *, is_regrade: bool = False) -> Case:
    """A case that somebody holds. is_regrade: it was decided and is graded again.

    Raises NotFound UNKNOWN_CASE; FailedPrecondition CASE_CLOSED, NOT_YOURS.
    """
    case = read(tables, number)
    if case.state != CaseState.OPEN and not is_regrade:
        raise closed(case)
    if case.lease_actor != actor or case.lease_until_us <= now_us:
        raise FailedPrecondition("NOT_YOURS", "claim the case first; a claim ends after its time", field="case")
    return case


def closed(case: Case) -> FailedPrecondition:
    """The error where a case would have to be open."""
    return FailedPrecondition("CASE_CLOSED", f"the case is {CaseState(case.state).name}", field="case")


def write(tables: Tables, before: Case | None, after: Case) -> None:
    """Write a case; in the queue it stands while it is live, at the place of its urgency.

    before: the case as it is stored, None: it is new. Only what decides its place in the queue is looked at, so what
    else of it was changed meanwhile does not matter.
    """
    was, is_now = _place(before), _place(after)
    if was != is_now:
        if was is not None:
            tables.delete("queue", was)
        if is_now is not None:
            tables.put("queue", is_now, b"")
    tables.put("cases", number_key(after.number), after)


def erase(tables: Tables, number: int) -> None:
    """Erase a closed case; such a one is not in the queue."""
    tables.delete("cases", number_key(number))


def live(tables: Tables) -> Iterator[Case]:
    """The live cases, the most urgent first. None may be written meanwhile."""
    for key, _ in tables.rows("queue"):
        yield read(tables, priority.case_of(key))


def live_numbers(tables: Tables) -> set[int]:
    """The numbers of the live cases; reads no case."""
    return {priority.case_of(key) for key, _ in tables.rows("queue")}


def live_count(tables: Tables) -> int:
    """How many cases are live, from the count of a table."""
    return tables.count("queue")


def oldest_live_us(tables: Tables) -> int:
    """When the oldest live case opened, 0 where there is none.

    One read for each different urgency in the queue: of cases that are as urgent the oldest stands first.
    """
    oldest: list[int] = []
    start: bytes | None = b""
    while start is not None:
        first = next(tables.rows("queue", start), None)
        if first is None:
            break
        oldest.append(priority.opened_us_of(first[0]))
        start = priority.after_urgency(first[0])
    return min(oldest, default=0)


def _place(case: Case | None) -> bytes | None:
    """Where a case stands in the queue, None: nowhere."""
    return priority.queue_key(case) if case is not None and case.state in LIVE else None
