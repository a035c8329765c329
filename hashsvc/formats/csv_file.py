"""Our own flat CSV: one signal a row; rows that follow one another with one content_id form an entry.

Header: content_id,type,value,quality,scheme,category,baseline,age_band,flags,state,rev,updated_at and, ours,
source,environment,algorithm,media_type,sex,url_scope,query_exact,seen_live. Only type and value must be there; the
order is free, other columns are ignored. `;` or a tab in place of the comma is noticed in the header.

- flags and sex: several values are separated by `|` (`;` is read too).
- baseline: y or n (yes, no, true, false, t, f, 1, 0) is the classification (interpol_baseline, yes or no).
- url_scope, query_exact (y or n), seen_live (a time with its zone): of rows of type url only.
- A row without type and value adds its category, flags and so on to its entry.
- state: rows of RETRACTED or REJECTED are refused, since an import does not retract; otherwise, and rev, read over:
  how an entry stands here is decided here.
- updated_at: the source's own time, the latest of an entry's rows; read over where it is no time with its zone.
- Without a content_id, each row is an entry of its own.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import BinaryIO, NamedTuple
from urllib.parse import quote

from hashsvc import limits
from hashsvc.errors import InvalidArgument
from hashsvc.formats import rows
from hashsvc.formats.base import Format
from hashsvc.formats.csv_records import HEADER_LINE, read_records
from hashsvc.formats.rows import SCHEME_BASELINE, Details, Rejected, Row
from hashsvc.signals import BY_NUMBER, UNKNOWN_QUALITY, Signal, print_value


class _Cells(NamedTuple):
    """The cells of a row; the fields are the columns of the header, in the order that we write."""

    content_id: str
    type: str
    value: str
    quality: str
    scheme: str
    category: str
    baseline: str
    age_band: str
    flags: str
    state: str
    rev: str
    updated_at: str
    source: str
    environment: str
    algorithm: str
    media_type: str
    sex: str
    url_scope: str
    query_exact: str
    seen_live: str


COLUMNS = _Cells._fields
_YES = frozenset(("y", "yes", "t", "true", "1"))
_NO = frozenset(("n", "no", "f", "false", "0"))
_WITHDRAWN = frozenset(("RETRACTED", "REJECTED"))
# Of a URL: what the URL Standard takes off, and what a cell cannot hold or has stripped off.
_TAKEN_OFF = dict.fromkeys(map(ord, "\t\n\r"))
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_NOT_IN_CELLS = re.compile(r"[\x00-\x1f\x7f-\x9f]|(?! )\s").sub

Key = tuple[str, str, str]  # content_id, source, environment


@dataclass(slots=True)
class _Entry:
    """An entry while its rows come in. Bounded: rows past the most there may be are counted, not kept."""

    line: int
    key: Key
    row_count: int = 0
    signals: list[tuple[int, Signal]] = field(default_factory=list)
    classifications: dict[str, str] = field(default_factory=dict)
    once: dict[str, str] = field(default_factory=dict)
    flags: dict[str, None] = field(default_factory=dict)
    sex: dict[str, None] = field(default_factory=dict)
    source_time_us: int = 0
    refused: list[Rejected] = field(default_factory=list)
    fatal: Rejected | None = None


def read_csv(stream: BinaryIO) -> Iterator[Row | Rejected]:
    """Read entries. Raises nothing for what the file holds. Keeps one entry in memory."""
    entry: _Entry | None = None
    for record in read_records(stream, required=("type", "value"), known=COLUMNS):
        if isinstance(record, Rejected):
            if entry is not None and record.line != HEADER_LINE:
                yield from _finish(entry)
                entry = None
            yield record
            continue
        cells = _Cells._make(record.cells)
        key = (cells.content_id, cells.source, cells.environment)
        if entry is None or entry.key != key or not key[0]:
            if entry is not None:
                yield from _finish(entry)
            entry = _Entry(record.line, key)
        _add(entry, record.line, cells)
    if entry is not None:
        yield from _finish(entry)


def _add(entry: _Entry, line: int, cells: _Cells) -> None:
    """Add a row to its entry, or note why it cannot be."""
    entry.row_count += 1
    if entry.fatal is not None:
        return
    try:
        if entry.row_count > rows.SIGNALS_MAX + limits.CLASSIFICATIONS_MAX:
            raise InvalidArgument(
                "TOO_MANY", f"more than {entry.row_count - 1} rows of one content_id", field="content_id"
            )
        if cells.state.upper() not in _WITHDRAWN:
            _add_details(entry, cells)
    except InvalidArgument as error:
        entry.fatal = rows.refusals(line, [error], whole=True)[0]
        return
    if cells.updated_at:
        entry.source_time_us = max(entry.source_time_us, _source_time_us(cells.updated_at))
    try:
        signal = _signal_of(cells)
        if signal is not None:
            entry.signals.append((line, signal))
    except InvalidArgument as error:
        entry.refused += rows.refusals(line, [error], whole=False)


def _signal_of(cells: _Cells) -> Signal | None:
    """Read the signal of a row; None where it has none."""
    if cells.state.upper() in _WITHDRAWN:
        raise InvalidArgument(
            "WITHDRAWN", "the row is of a withdrawn signal; an import does not retract, people do", field="state"
        )
    quality = cells.quality
    if not cells.type and not cells.value:
        return None
    if quality and not (quality.isascii() and quality.isdecimal() and len(quality) <= 3):
        raise InvalidArgument("BAD_QUALITY", "the quality is not a whole number from 0 to 100", field="quality")
    url = None
    if cells.url_scope or cells.query_exact or cells.seen_live:
        if cells.query_exact.lower() not in _YES | _NO | {""}:
            raise InvalidArgument("BAD_VALUE", "is neither y nor n", field="query_exact")
        url = rows.url_facts(cells.url_scope, cells.query_exact.lower() in _YES, cells.seen_live, "url_scope")
    return rows.read_signal(cells.type, cells.value, int(quality) if quality else None, cells.algorithm, url)


def _source_time_us(text: str) -> int:
    """Read when the source last changed the row; 0 where that cannot be read, since nothing hangs on it."""
    try:
        return rows.read_time(text, "updated_at")
    except InvalidArgument:
        return 0


def _add_details(entry: _Entry, cells: _Cells) -> None:
    """Add what the row says of the content. Raises CONFLICTING_VALUES where rows of one entry contradict."""
    scheme, category, baseline = cells.scheme, cells.category, cells.baseline.lower()
    if scheme or category:
        rows.check_label(scheme, "scheme")
        rows.check_label(category, "category")
        _put_once(entry.classifications, scheme, category, "category")
    if baseline:
        if baseline not in _YES and baseline not in _NO:
            raise InvalidArgument("BAD_BASELINE", "is neither y nor n", field="baseline")
        _put_once(entry.classifications, SCHEME_BASELINE, "yes" if baseline in _YES else "no", "baseline")
    if band := cells.age_band:
        _put_once(entry.once, "age_band", rows.check_age_band(band, "age_band"), "age_band")
    if media_type := cells.media_type:
        rows.check_text(media_type, limits.LABEL_CHARS_MAX, "media_type")
        _put_once(entry.once, "media_type", media_type, "media_type")
    if cells.flags:
        _add_labels(entry.flags, cells.flags, "flags")
    if cells.sex:
        _add_labels(entry.sex, cells.sex, "sex")


def _put_once(found: dict[str, str], key: str, value: str, column: str) -> None:
    if found.setdefault(key, value) != value:
        raise InvalidArgument("CONFLICTING_VALUES", "differs from an earlier row of this content_id", field=column)
    if len(found) > limits.CLASSIFICATIONS_MAX:
        raise InvalidArgument("TOO_MANY", f"more than {limits.CLASSIFICATIONS_MAX} schemes", field="scheme")


def _add_labels(found: dict[str, None], text: str, column: str) -> None:
    labels = (label.strip() for label in text.replace(";", "|").split("|"))
    found.update(dict.fromkeys(label for label in labels if label))
    rows.check_labels(found, limits.FLAGS_MAX, column)


def _finish(entry: _Entry) -> Iterator[Row | Rejected]:
    """Give what has become of an entry: its refusals in order of lines, then the row if there is one."""
    if entry.fatal is not None:
        yield from entry.refused
        yield entry.fatal
        return
    signals, refused = _signals_of(entry)
    content_id, source, environment = entry.key
    try:
        rows.check_text(content_id, limits.CONTENT_ID_CHARS_MAX, "content_id")
        rows.check_text(source, limits.SOURCE_CHARS_MAX, "source")
        rows.check_text(environment, limits.SOURCE_CHARS_MAX, "environment")
        if len(signals) > rows.SIGNALS_MAX:
            raise InvalidArgument("TOO_MANY", f"{len(signals)} signals; at most {rows.SIGNALS_MAX}", field="content_id")
        if not signals and not refused:
            raise InvalidArgument("NO_FINGERPRINT", "the entry has no fingerprint", field="value")
    except InvalidArgument as error:
        yield from (*refused, *rows.refusals(entry.line, [error], whole=True))
        return
    if not signals:
        *others, last = refused
        yield from (*others, Rejected(last.line, last.field, last.reason, last.message, whole=True))
        return
    yield from refused
    details, time_us = _details_of(entry), entry.source_time_us
    yield Row(entry.line, source, environment, content_id, signals, details, source_time_us=time_us)


def _signals_of(entry: _Entry) -> tuple[tuple[Signal, ...], list[Rejected]]:
    """Give the entry's signals without repetitions, and all refusals in order of lines."""
    signals = [signal for _, signal in entry.signals]
    again = set(rows.repeated(signals))
    refused = entry.refused + [
        Rejected(entry.signals[position][0], "value", "DUPLICATE_SIGNAL", rows.REPEATED, whole=False)
        for position in again
    ]
    kept = tuple(signal for position, signal in enumerate(signals) if position not in again)
    return kept, sorted(refused, key=lambda each: each.line)


def _details_of(entry: _Entry) -> Details:
    return Details(
        entry.once.get("media_type", ""),
        tuple(sorted(entry.classifications.items())),
        entry.once.get("age_band", ""),
        tuple(entry.sex),
        tuple(entry.flags),
    )


# ---------------------------------------------------------------- writing


def write_csv(entries: Iterable[Row]) -> Iterator[str]:
    """Write entries, the header first, a line with its end at a time. Reading them back gives the same rows.

    Raises InvalidArgument NOT_REPRESENTABLE where CSV cannot say it: several rows without a content_id to join them,
    a flag with a separator in it.
    """
    yield _written(COLUMNS)
    for row in entries:
        for cells in _cells_of(row):
            yield _written([cells.get(column, "") for column in COLUMNS])


def _cells_of(row: Row) -> list[dict[str, str]]:
    """Give the rows of an entry as column → text: a signal and a classification each while there are any."""
    details = row.details
    classifications = [
        {"baseline": value[0]}
        if (scheme, value) in ((SCHEME_BASELINE, "yes"), (SCHEME_BASELINE, "no"))
        else {"scheme": scheme, "category": value}
        for scheme, value in details.classifications
    ]
    count = max(len(row.signals), len(classifications))
    if count > 1 and not row.content_id:
        raise InvalidArgument("NOT_REPRESENTABLE", "CSV joins the rows of an entry by content_id; this has none")
    same = {"content_id": row.content_id, "source": row.source, "environment": row.environment}
    cells = [dict(same) for _ in range(count)]
    cells[0] |= {
        "age_band": details.youngest_age_band,
        "media_type": details.media_type,
        "flags": _joined(details.flags),
        "sex": _joined(details.sex),
        "updated_at": rows.print_time(row.source_time_us),
    }
    for cell, signal in zip(cells, row.signals, strict=False):
        cell |= {
            "type": BY_NUMBER[signal.type].name,
            "value": _value_cell(signal),
            "quality": "" if signal.quality == UNKNOWN_QUALITY else str(signal.quality),
            "algorithm": signal.algorithm,
        }
        if signal.url is not None:
            cell |= {
                "url_scope": rows.SCOPES[signal.url.scope - 1],
                "query_exact": "y" if signal.url.query_exact else "",
                "seen_live": rows.print_time(signal.url.seen_live_us),
            }
    for cell, classification in zip(cells, classifications, strict=False):
        cell |= classification
    return cells


def _value_cell(signal: Signal) -> str:
    """Write a value. A URL with white space or control characters in it is written as another that means the same."""
    text = print_value(signal.type, signal.value)
    if not BY_NUMBER[signal.type].is_url or (text.isprintable() and " " not in text):
        return text
    return _NOT_IN_CELLS(lambda found: quote(found[0]), text.translate(_TAKEN_OFF).strip(_C0_AND_SPACE))


def _joined(labels: tuple[str, ...]) -> str:
    if any(set("|;") & set(label) for label in labels):
        raise InvalidArgument("NOT_REPRESENTABLE", "CSV separates flags by | and ;, and a flag holds one")
    return "|".join(labels)


def _written(cells: Iterable[str]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


CSV = Format(
    name="csv",
    suffixes=(".csv", ".tsv"),
    looks_like=lambda start: True,  # a wrong header is told
    read=read_csv,
    write=write_csv,
    joins_rows=True,
)
