"""Quality: a random share of the decided cases is graded again, blind, by somebody who had no part in the decision.

Which cases is drawn with the key of casework from the case's number: nobody can foresee it, and the same case is drawn
the same way again. A regrade waits until it is graded, or until what was looked at is gone: reopened or erased. Where
the grades differ in legality, a listed case's entry is disputed in the name of who graded again, by a stored request id
(decisions.py), and a case that was not illegal opens again with all its opinions.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from hashsvc.casework import assessing, cases, leases
from hashsvc.casework.tables import Tables, decode, item_key, number_key
from hashsvc.casework.values import (
    Case,
    CaseState,
    Disputing,
    Event,
    EventKind,
    Item,
    ItemState,
    Opinion,
    Regrade,
    RegradeOutcome,
)
from hashsvc.errors import NotFound
from hashsvc.matching.values import Verdict

REASON_CODE = "REGRADE"  # of the dispute
_DRAW_BYTES = 8


def is_drawn(key: bytes, case: int, share: float) -> bool:
    """Say whether a case is graded again. share: 0 for none, 1 for all."""
    drawn = hmac.digest(key, b"regrade\0" + number_key(case), "sha256")[:_DRAW_BYTES]
    return bool(int.from_bytes(drawn, "big") < share * 256**_DRAW_BYTES)


def draw(tables: Tables, key: bytes, share: float, case: Case, now_us: int) -> None:
    """A case was decided: if it is drawn, it waits to be graded again. One that was graded again already is not."""
    number = number_key(case.number)
    if not is_drawn(key, case.number, share) or tables.get("regrades", number) is not None:
        return
    tables.put("regrades", number, Regrade(case.number, case.state, now_us))
    tables.put("regrade_queue", number, b"")
    tables.note(Event(now_us, EventKind.REGRADE_DRAWN, case=case.number))


def waits(tables: Tables, number: int) -> bool:
    """Say whether a case waits to be graded again."""
    return tables.get("regrade_queue", number_key(number)) is not None


def waiting(tables: Tables) -> Iterator[int]:
    """The numbers of the cases that wait, ascending. None may begin or end to wait meanwhile."""
    for key, _ in tables.rows("regrade_queue"):
        yield int.from_bytes(key, "big")


def blind(case: Case, items: Sequence[Item]) -> tuple[Case, list[Item]]:
    """A case and its items as who grades again sees them: without what others said, and without what came of it."""
    shown = replace(
        case, state=int(CaseState.OPEN), opinions=(), escalated=False, entry_id=b"", closed_us=0, likely=(),
        suggestions=(),
    )  # fmt: skip
    new = int(Verdict.NEW)
    return shown, [
        replace(item, state=int(ItemState.OPEN), entries=(), met=(), verdict=new, closed_us=0) for item in items
    ]


def regrade_of(tables: Tables, number: int) -> Regrade:
    """Raises NotFound UNKNOWN_REGRADE."""
    found = tables.read(Regrade, "regrades", number_key(number))
    if found is None:
        raise unknown()
    return found


def grade(tables: Tables, case: Case, regrade: Regrade, opinion: Opinion) -> Regrade:
    """Compare an opinion with what was decided, and store both. Where a listing is at stake a dispute is stored too."""
    outcome, schemes = compare(case, regrade.was, opinion)
    graded = replace(regrade, outcome=int(outcome), opinion=opinion)
    number = number_key(case.number)
    tables.put("regrades", number, graded)
    tables.delete("regrade_queue", number)
    label = ",".join(schemes)
    tables.note(Event(opinion.time_us, EventKind.CASE_REGRADED, opinion.actor, case.number, value=outcome, label=label))
    if outcome == RegradeOutcome.LEGALITY_DIFFERS and regrade.was == CaseState.LISTED:
        request_id = f"regrade-{case.number}-{opinion.time_us}"
        tables.put("disputing", number, Disputing(case.number, request_id, opinion.actor, case.entry_id))
    return graded


def compare(case: Case, was: int, opinion: Opinion) -> tuple[RegradeOutcome, tuple[str, ...]]:
    """Say how an opinion differs from what was decided, and in which schemes both named different categories. Pure."""
    was_illegal = was == CaseState.LISTED
    if opinion.is_illegal != was_illegal:
        return RegradeOutcome.LEGALITY_DIFFERS, ()
    decided = assessing.classifications_of(case.opinions) if was_illegal else {}
    differ = tuple(scheme for scheme, value in opinion.classifications if decided.get(scheme, value) != value)
    return (RegradeOutcome.CATEGORY_DIFFERS if differ else RegradeOutcome.AGREES), differ


def page(tables: Tables, outcome: int, after: int, limit: int) -> tuple[list[Regrade], int]:
    """Regrades of one outcome, WAITING for those to do, by case, and where the next page goes on; 0: the end."""
    table = "regrades" if outcome != RegradeOutcome.WAITING else "regrade_queue"
    found: list[Regrade] = []
    for key, _ in tables.rows(table, number_key(min(after + 1, 2**63))):
        regrade = regrade_of(tables, int.from_bytes(key, "big"))
        if regrade.outcome != outcome:
            continue
        if len(found) == limit:
            return found, found[-1].case
        found.append(regrade)
    return found, 0


def item_leaves(tables: Tables, item: Item, now_us: int) -> None:
    """An item leaves its case: if it was what people looked at, there is nothing to grade again."""
    if not waits(tables, item.case):
        return
    case = cases.read(tables, item.case)
    if (item.report, item.index) == case.first_item:
        if case.lease_actor:
            leases.lapsed(tables, case, now_us)
            cases.write(tables, case, replace(case, lease_actor="", lease_until_us=0))
        erase(tables, item.case)


def erase(tables: Tables, number: int) -> None:
    """Erase the regrade of a case, with the case."""
    tables.delete("regrades", number_key(number))
    tables.delete("regrade_queue", number_key(number))


def problems(tables: Tables, items: dict[bytes, Item], all_cases: dict[int, Case]) -> Iterator[str]:
    """Say what is wrong with regrades. all_cases: by number."""
    queue = {int.from_bytes(key, "big") for key, _ in tables.rows("regrade_queue")}
    regrades = [decode(Regrade, data) for _, data in tables.rows("regrades")]
    if queue != {one.case for one in regrades if one.outcome == RegradeOutcome.WAITING}:
        yield "the queue of regrades does not hold those that wait"
    for regrade in regrades:
        case = all_cases.get(regrade.case)
        if case is None:
            yield f"case {regrade.case} is to be graded again and is not there"
        elif regrade.case in queue:
            seen = items.get(item_key(*case.first_item))
            if case.state != regrade.was or seen is None or seen.case != case.number:
                yield f"case {regrade.case} waits to be graded again, and what was looked at is not there"
        if (regrade.outcome == RegradeOutcome.WAITING) == (regrade.opinion is not None):
            yield f"the regrade of case {regrade.case} does not know whether it was graded"


def unknown() -> NotFound:
    """The error where no regrade waits."""
    return NotFound("UNKNOWN_REGRADE", "no case of this number waits to be graded again, or was", field="case")
