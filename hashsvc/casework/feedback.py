"""Contact data of reporters who want to be told, and whom to tell: kept apart from the reports, and not for long.

A contact is opaque here. It leaves by `due` alone: never with a case, an event or a log line. It is gone when it was
used, some days after its report closed, or with the report. What may be told is that the report is closed, no more.
"""

from __future__ import annotations

from collections.abc import Iterator

from hashsvc.casework.tables import Tables, number_key, split_number_keys
from hashsvc.casework.values import Event, EventKind, Feedback, Report
from hashsvc.errors import FailedPrecondition


def keep_contact(tables: Tables, report: int, contact: str) -> None:
    """Store how a reporter can be told."""
    tables.put("contacts", number_key(report), contact.encode())


def report_closed(tables: Tables, report: Report) -> None:
    """Note that a report closed: feedback is due if it has a contact."""
    if tables.get("contacts", number_key(report.number)) is not None:
        tables.put("feedback", number_key(report.closed_us) + number_key(report.number), b"")


def report_reopened(tables: Tables, report: Report) -> None:
    """Nothing is due of a report that is open again. report: as it was while closed."""
    tables.delete("feedback", number_key(report.closed_us) + number_key(report.number))


def due(tables: Tables, now_us: int, hold_us: int, after: tuple[int, int], limit: int) -> list[Feedback]:
    """Whom to tell, by when their reports closed. after: (closed_us, report) of the last one that was read.

    hold_us: so long after it came no report is due, as nobody is told its state. Looks at the due and the held.
    """
    found: list[Feedback] = []
    start = number_key(after[0]) + number_key(after[1] + 1)
    for key, _ in tables.rows("feedback", start):
        closed_us, number = split_number_keys(key)
        report = tables.report(number)
        if now_us < report.received_us + hold_us:
            continue
        contact = tables.get("contacts", number_key(number)) or b""
        found.append(Feedback(number, closed_us, contact.decode(), report.language, report.portal))
        if len(found) == limit:
            break
    return found


def sent(tables: Tables, actor: str, number: int, now_us: int, hold_us: int) -> bool:
    """Erase the contact of a reporter who was told. Returns whether there was one.

    Raises FailedPrecondition FEEDBACK_NOT_DUE, and erases nothing, while it is not due.
    """
    if tables.get("contacts", number_key(number)) is None:
        return False
    report = tables.report(number)
    if not report.closed_us or now_us < report.received_us + hold_us:
        raise FailedPrecondition(
            "FEEDBACK_NOT_DUE", "no feedback is due of this report; it may be open again", field="report_number"
        )
    forget(tables, report)
    tables.note(Event(now_us, EventKind.FEEDBACK_SENT, actor, report=number))
    return True


def forget(tables: Tables, report: Report) -> None:
    """Erase a report's contact, if it has one."""
    tables.delete("feedback", number_key(report.closed_us) + number_key(report.number))
    tables.delete("contacts", number_key(report.number))


def erase_contacts(tables: Tables, closed_before_us: int, rows_max: int) -> int:
    """Erase contacts whose reports closed before a time. Returns how many."""
    old: list[bytes] = []
    for key, _ in tables.rows("feedback"):
        if split_number_keys(key)[0] >= closed_before_us or len(old) >= rows_max:
            break
        old.append(key)
    for key in old:
        tables.delete("feedback", key)
        tables.delete("contacts", key[8:])
    return len(old)


def problems(tables: Tables, reports: dict[int, Report]) -> Iterator[str]:
    """Say what is wrong with the two tables; nothing if all is right."""
    contacts = {int.from_bytes(key, "big") for key, _ in tables.rows("contacts")}
    if contacts - reports.keys():
        yield "there are contacts without a report"
    noted = {split_number_keys(key) for key, _ in tables.rows("feedback")}
    wanted = {(one.closed_us, one.number) for one in reports.values() if one.closed_us and one.number in contacts}
    if noted != wanted:
        numbers = sorted(number for _, number in noted ^ wanted)
        yield f"feedback of reports {numbers} is due and not noted, or the reverse"
