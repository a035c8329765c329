"""What is erased and when: closed reports with all that is theirs, empty cases, ended takedowns, uncounted viewings.

Each is found by a table in order of time, so that erasing costs what it erases, however much is kept. The list, its
proofs and the ledger stay, and in `by_entry` a stub of every item that had closed because of an entry.
"""

from __future__ import annotations

import msgspec

from hashsvc.casework import cases, feedback, regrading, takedown
from hashsvc.casework.exposure import DAY_US
from hashsvc.casework.tables import Tables, item_key, number_key, split_number_keys
from hashsvc.casework.values import Event, EventKind, Report


class Erased(msgspec.Struct, frozen=True):
    """How much was erased. cases, contacts: by their own time; the others go with their reports."""

    reports: int = 0
    cases: int = 0
    viewings: int = 0
    contacts: int = 0
    takedowns: int = 0

    @property
    def total(self) -> int:
        return self.reports + self.cases + self.viewings + self.contacts + self.takedowns


def report_closed(tables: Tables, report: Report) -> None:
    """Note that a report closed, so that it is found when its time is over."""
    tables.put("closed_at", _closing(report), b"")


def report_reopened(tables: Tables, report: Report) -> None:
    """Forget that a report closed. report: as it was while closed."""
    tables.delete("closed_at", _closing(report))


def case_left(tables: Tables, case: int, now_us: int) -> None:
    """Note when the last item left a closed case, which no report takes along any more."""
    tables.put("empty_cases", number_key(now_us) + number_key(case), b"")


def erase(tables: Tables, closed_before_us: int, contacts_before_us: int, now_us: int, rows_max: int) -> Erased:
    """Erase what closed or ended before a time, contacts of what closed before another, and viewings of over a day ago.

    rows_max: reports with their items, cases, viewings, contacts and takedowns, each; the last report may go past it by
    its items. Call again while there was anything.
    """
    return Erased(
        _erase_reports(tables, closed_before_us, now_us, rows_max),
        _erase_empty_cases(tables, closed_before_us, rows_max),
        _erase_viewings(tables, now_us - DAY_US, rows_max),
        feedback.erase_contacts(tables, contacts_before_us, rows_max),
        takedown.erase(tables, closed_before_us, rows_max),
    )


def _erase_reports(tables: Tables, before_us: int, now_us: int, rows_max: int) -> int:
    due: list[Report] = []
    row_count = 0
    for key, _ in tables.rows("closed_at"):
        closed_us, number = split_number_keys(key)
        if closed_us >= before_us or row_count >= rows_max:
            break
        due.append(tables.report(number))
        row_count += 1 + due[-1].item_count
    for report in due:
        _erase_report(tables, report, now_us)
        tables.note(Event(now_us, EventKind.REPORT_ERASED, report=report.number))
    return len(due)


def _erase_report(tables: Tables, report: Report, now_us: int) -> None:
    for index in range(report.item_count):
        key = item_key(report.number, index)
        item = tables.item(key)
        if item is not None:
            takedown.item_erased(tables, item)
        if item is not None and item.case:
            case = number_key(item.case)
            regrading.item_leaves(tables, item, now_us)
            tables.delete("case_items", case, key)
            if tables.get("case_items", case) is None:
                regrading.erase(tables, item.case)
                cases.erase(tables, item.case)
        tables.delete("items", key)
    feedback.forget(tables, report)
    tables.delete("closed_at", _closing(report))
    tables.delete("report_codes", report.code_hash)  # and with it the request
    tables.delete("reports", number_key(report.number))


def _erase_empty_cases(tables: Tables, before_us: int, rows_max: int) -> int:
    due: list[tuple[bytes, int]] = []
    for key, _ in tables.rows("empty_cases"):
        left_us, number = split_number_keys(key)
        if left_us >= before_us or len(due) >= rows_max:
            break
        due.append((key, number))
    for key, number in due:
        tables.delete("empty_cases", key)
        regrading.erase(tables, number)
        cases.erase(tables, number)
    return len(due)


def _erase_viewings(tables: Tables, before_us: int, rows_max: int) -> int:
    """Erase viewings that ended before a time, person by person. The limits look back a day; the ledger keeps all."""
    due: list[bytes] = []
    here = next(tables.rows("viewings"), None)
    while here is not None and len(due) < rows_max:
        person = here[0][: here[0].index(b"\0") + 1]
        for key, _ in tables.rows("viewings", person):
            old = key.startswith(person) and int.from_bytes(key[len(person) :], "big") < before_us
            if not old or len(due) >= rows_max:
                break
            due.append(key)
        here = next(tables.rows("viewings", person[:-1] + b"\1"), None)
    for key in due:
        tables.delete("viewings", key)
    return len(due)


def _closing(report: Report) -> bytes:
    return number_key(report.closed_us) + number_key(report.number)
