"""Checks between protos and values: columns without a copy, hits at a few microseconds each.

Decides nothing: which signals are too weak to be searched is matching's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from hashsvc import limits
from hashsvc.errors import FailedPrecondition, InvalidArgument
from hashsvc.matching.values import Answer, BatchAnswer, Column, Effort, Evidence, PrefixMatch, Problem
from hashsvc.server.translate.common import check_length, choice_of, problem_of, signal_of
from hashsvc.signals import BY_NAME, SIGNAL_TYPES, UNKNOWN_QUALITY, Signal, type_of
from hashsvc.signals.url import CANON_VERSION
from hashsvc.v1 import check_service_pb2

PREFIX_BYTES = 4  # of a hash looked up by its beginning (docs/urls.md, Private look-ups)
BATCH_EVIDENCE_MAX = 32_000  # evidence in one BatchCheck answer, some 3 MB: fewer are listed an item beyond that

_INDEXED = re.compile(r"signals\[(\d+)\]")


class Asked(NamedTuple):
    """One item to check. places: where each usable signal stood in the request."""

    signals: list[Signal]
    places: list[int]
    problems: list[Problem]
    effort: int
    evidence_max: int


class AskedBatch(NamedTuple):
    """Columns to check, zero-copy over the request, which must be kept alive. urls: empty, or one an item."""

    item_count: int
    columns: list[Column]
    problems: list[Problem]
    effort: int
    evidence_max: int
    urls: list[str]


def read_check(request: check_service_pb2.CheckRequest) -> Asked:
    """Read a CheckRequest. Raises InvalidArgument if no signal of it can be used, with the first one's reason."""
    if not request.signals:
        raise InvalidArgument("EMPTY_ITEM", "there is no signal; 1 to 64 are right", field="signals")
    if len(request.signals) > limits.CHECK_SIGNALS_MAX:
        raise InvalidArgument(
            "TOO_MANY_SIGNALS",
            f"there are {len(request.signals)} signals; at most {limits.CHECK_SIGNALS_MAX} are allowed",
            field="signals",
        )
    check_length(request.caller_reference, limits.CALLER_REFERENCE_CHARS_MAX, "caller_reference")
    signals: list[Signal] = []
    places: list[int] = []
    problems: list[Problem] = []
    first_error: InvalidArgument | None = None
    for i, message in enumerate(request.signals):
        try:
            signals.append(signal_of(message, f"signals[{i}]"))
            places.append(i)
        except InvalidArgument as error:
            first_error = first_error or error
            problems.append(problem_of(error, 0, f"signals[{i}]"))
    if not signals and first_error is not None:
        raise first_error
    return Asked(
        signals, places, problems, _effort(request.effort), _evidence_max(request.evidence_max, limits.EVIDENCE_DEFAULT)
    )


def in_places(answer: Answer, places: list[int]) -> Answer:
    """Give evidence and problems the positions that their signals had in the request."""
    if places == list(range(len(places))):
        return answer
    evidence = tuple(msgspec.structs.replace(one, query_index=places[one.query_index]) for one in answer.evidence)
    problems = tuple(
        msgspec.structs.replace(one, field=_INDEXED.sub(lambda m: f"signals[{places[int(m.group(1))]}]", one.field))
        for one in answer.problems
    )
    return msgspec.structs.replace(answer, evidence=evidence, problems=problems)


def read_batch(request: check_service_pb2.BatchCheckRequest) -> AskedBatch:
    """Read a BatchCheckRequest. Raises InvalidArgument: EMPTY_BATCH, TOO_MANY_ITEMS, BAD_LENGTH, UNEQUAL_COLUMNS."""
    item_count = request.item_count
    if item_count < 1:
        raise InvalidArgument(
            "EMPTY_BATCH",
            f"item_count is {item_count}; 1 to {limits.BATCH_CHECK_ITEMS_MAX} is right",
            field="item_count",
        )
    if item_count > limits.BATCH_CHECK_ITEMS_MAX:
        raise InvalidArgument(
            "TOO_MANY_ITEMS",
            f"item_count is {item_count}; at most {limits.BATCH_CHECK_ITEMS_MAX} are allowed",
            field="item_count",
        )
    check_length(request.caller_reference, limits.CALLER_REFERENCE_CHARS_MAX, "caller_reference")
    problems: list[Problem] = []
    columns = [column for name in COLUMN_NAMES if (column := _column(request, name, item_count, problems)) is not None]
    urls = list(request.url)
    if urls and len(urls) != item_count:
        raise InvalidArgument(
            "UNEQUAL_COLUMNS", f'{len(urls)} URLs; {item_count} items take one each, "" for none', field="url"
        )
    if not columns and not any(urls):
        raise InvalidArgument("EMPTY_BATCH", "no column has a value; give one at least", field="item_count")
    return AskedBatch(
        item_count, columns, problems, _effort(request.effort), _evidence_max(request.evidence_max, 1), urls
    )


COLUMN_NAMES = tuple(kind.name for kind in SIGNAL_TYPES if not kind.is_url)
assert set(COLUMN_NAMES) <= set(check_service_pb2.BatchCheckRequest.DESCRIPTOR.fields_by_name), "a column each"


def _column(
    request: check_service_pb2.BatchCheckRequest, name: str, item_count: int, problems: list[Problem]
) -> Column | None:
    """Read one column, or None where it is empty. Adds a problem for each quality that is none."""
    kind = BY_NAME[name]
    values: bytes = getattr(request, name)
    bits: bytes = getattr(request, f"{name}_present")
    quality: bytes = getattr(request, f"{name}_quality") if kind.has_quality else b""
    if not values:
        for field, given in ((f"{name}_present", bits), (f"{name}_quality", quality)):
            if given:
                raise InvalidArgument("UNEQUAL_COLUMNS", f"it is given, but {name} is empty", field=field)
        return None
    width = kind.byte_count
    if len(values) != item_count * width:
        whole, rest = divmod(len(values), width)
        raise InvalidArgument(
            "BAD_LENGTH" if rest else "UNEQUAL_COLUMNS",
            f"{len(values)} bytes is {'not a whole number of' if rest else whole} values; {item_count} items take "
            f"{item_count * width} bytes, {width} each",
            field=name,
        )
    present = _bitmap(bits, item_count, f"{name}_present") if bits else None
    rows = np.frombuffer(values, np.uint8).reshape(item_count, width)
    if not quality:
        return Column(kind.number, rows, present)
    if len(quality) != item_count:
        raise InvalidArgument(
            "UNEQUAL_COLUMNS",
            f"{len(quality)} bytes; {item_count} items take {item_count} bytes, 1 each",
            field=f"{name}_quality",
        )
    qualities = np.frombuffer(quality, np.uint8)
    present = _without_bad_qualities(qualities, present, f"{name}_quality", problems)
    return Column(kind.number, rows, present, qualities)


def _bitmap(bits: bytes, item_count: int, field: str) -> NDArray[np.bool_]:
    """Unpack a presence bitmap, least significant bit first."""
    byte_count = (item_count + 7) // 8
    if len(bits) != byte_count:
        raise InvalidArgument(
            "UNEQUAL_COLUMNS", f"{len(bits)} bytes; {item_count} items take {byte_count} bytes, 1 bit each", field=field
        )
    return np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little", count=item_count).view(np.bool_)


def _without_bad_qualities(
    qualities: NDArray[np.uint8], present: NDArray[np.bool_] | None, field: str, problems: list[Problem]
) -> NDArray[np.bool_] | None:
    """Leave out values whose quality is none, and say so."""
    bad = (qualities > 100) & (qualities != UNKNOWN_QUALITY)
    if present is not None:
        bad &= present
    items = np.flatnonzero(bad)
    if not len(items):
        return present
    problems.extend(
        Problem(
            int(item), field, "BAD_QUALITY", f"the quality is {qualities[item]}; right is 0 to 100, or 255 for unknown"
        )
        for item in items
    )
    good: NDArray[np.bool_] = ~bad if present is None else present & ~bad
    return good


def write_check(answer: Answer, problems: Iterable[Problem], response: check_service_pb2.CheckResponse) -> None:
    """Write verdict and evidence into a CheckResponse."""
    response.verdict = answer.verdict  # type: ignore[assignment]
    response.evidence_truncated = answer.truncated
    for one in answer.evidence:
        response.evidence.append(evidence_message(one))
    for problem in sorted((*problems, *answer.problems), key=lambda one: one.field):
        response.problems.add(item=0, field=problem.field, reason=problem.reason, message=problem.message)


def write_batch(answer: BatchAnswer, response: check_service_pb2.BatchCheckResponse) -> None:
    """Write hits into a BatchCheckResponse; some 2.5 µs a hit with one piece of evidence.

    Most of a piece of evidence is the same for many hits (type, distance, qualities, chance): it is made once and
    copied, which takes half the time of making it anew.
    """
    listed_max = evidence_listed_max(len(answer.hits))
    made: dict[tuple[object, ...], check_service_pb2.Evidence] = {}
    add_hit = response.hits.add
    for item, one in answer.hits:
        evidence = one.evidence
        hit = add_hit(item=item, verdict=one.verdict)
        if one.truncated or len(evidence) > listed_max:
            hit.evidence_truncated = True
            evidence = evidence[:listed_max]
        add = hit.evidence.add
        for each in evidence:
            key = (
                each.signal, each.query_index, each.distance_bits, each.distance_squared, each.orientation, each.state,
                each.verdict, each.caps, each.query_quality, each.listed_quality, each.chance, each.url_scope,
            )  # fmt: skip
            template = made.get(key)
            if template is None:
                template = made[key] = evidence_message(each)
            message = add()
            message.CopyFrom(template)
            message.entry_id = each.entry_id.hex()
            message.entry_sequence = each.entry_sequence


def evidence_listed_max(hit_count: int) -> int:
    """Say how much evidence a BatchCheck answer of so many hits lists an item, at most."""
    return max(1, BATCH_EVIDENCE_MAX // max(1, hit_count))


def evidence_message(one: Evidence) -> check_service_pb2.Evidence:
    """Write one piece of evidence."""
    message = check_service_pb2.Evidence(
        entry_id=one.entry_id.hex(),
        signal=one.signal,  # type: ignore[arg-type]
        query_index=one.query_index,
        distance_bits=one.distance_bits,
        distance_squared=one.distance_squared,
        orientation=one.orientation,  # type: ignore[arg-type]
        state=one.state,  # type: ignore[arg-type]
        verdict=one.verdict,  # type: ignore[arg-type]
        entry_sequence=one.entry_sequence,
        url_scope=one.url_scope,  # type: ignore[arg-type]
    )
    if one.caps:
        message.caps.extend(one.caps)  # type: ignore[arg-type]
    if one.query_quality != UNKNOWN_QUALITY:
        message.query_quality = one.query_quality
    if one.listed_quality != UNKNOWN_QUALITY:
        message.listed_quality = one.listed_quality
    if one.chance >= 0:
        chance = message.chance
        chance.expected_count = one.chance
        chance.source = one.chance_source
        chance.SetInParent()
    return message


def read_prefixes(request: check_service_pb2.CheckPrefixesRequest) -> tuple[int, list[bytes]]:
    """Read a CheckPrefixesRequest: (type, prefixes). Raises InvalidArgument: REQUIRED, NO_PREFIXES, BAD_LENGTH, ..."""
    kind = type_of(request.type, "type")
    if not (kind.is_digest or kind.is_url):
        raise InvalidArgument(
            "NO_PREFIXES",
            f"a {kind.title} cannot be looked up by prefix: a near one begins otherwise; use Check, or URL, MD5, SHA1, "
            "SHA256 here",
            field="type",
        )
    if kind.is_url and request.canon_version != CANON_VERSION:
        raise FailedPrecondition(
            "OTHER_URL_RULES",
            f"the expressions are made by rules {request.canon_version}, this service has {CANON_VERSION}; "
            "use a client of its version",
            field="canon_version",
        )
    packed = request.prefixes
    count, rest = divmod(len(packed), PREFIX_BYTES)
    if rest or not 1 <= count <= limits.PREFIXES_MAX:
        raise InvalidArgument(
            "BAD_LENGTH",
            f"{len(packed)} bytes; right are 1 to {limits.PREFIXES_MAX} prefixes of {PREFIX_BYTES} bytes, end to end",
            field="prefixes",
        )
    return kind.number, [packed[at : at + PREFIX_BYTES] for at in range(0, len(packed), PREFIX_BYTES)]


def write_matches(matches: list[PrefixMatch], response: check_service_pb2.CheckPrefixesResponse) -> None:
    """Write matches into a CheckPrefixesResponse."""
    for one in matches:
        response.matches.add(
            hash=one.hash,
            verdict=one.verdict,
            url_scope=one.url_scope,
            url_form=one.url_form,
            entry_id=one.entry_id.hex(),
        )


def join_problems(ours: list[Problem], theirs: list[Problem]) -> list[Problem]:
    """Put problems in order of their items; an item whose only value we left out is not told twice (EMPTY_ITEM)."""
    if not ours:
        return theirs
    told = {problem.item for problem in ours}
    kept = [problem for problem in theirs if problem.reason != "EMPTY_ITEM" or problem.item not in told]
    return sorted((*ours, *kept), key=lambda problem: problem.item)


def _effort(effort: int) -> int:
    return choice_of(effort, int(max(Effort)), "effort") or int(Effort.STANDARD)


def _evidence_max(evidence_max: int, default: int) -> int:
    if evidence_max == 0:
        return default
    if not 1 <= evidence_max <= limits.EVIDENCE_MAX:
        raise InvalidArgument(
            "BAD_VALUE", f"evidence_max is {evidence_max}; 1 to {limits.EVIDENCE_MAX} is right", field="evidence_max"
        )
    return evidence_max
