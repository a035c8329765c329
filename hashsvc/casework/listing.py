"""What is listed of a decided case: the thing that people looked at, and what is the same. Pure, no store, no clock.

Whether and in whose names it is listed is decisions.py's.
"""

from __future__ import annotations

from collections.abc import Sequence

from hashsvc.casework import assessing
from hashsvc.casework.open_view import exact_keys
from hashsvc.casework.values import Case, Item
from hashsvc.errors import FailedPrecondition, HashsvcError
from hashsvc.hashlist.values import Content, Details
from hashsvc.limits import CHECK_SIGNALS_MAX
from hashsvc.signals import BY_NUMBER, URL, Signal, weakness
from hashsvc.signals.registry import DEFAULT_URL
from hashsvc.signals.url_listed import listed_url

LISTED_BYTES_MAX = 48 * 1024  # of the signals of an entry, so that with all else it fits into a change


def content_of(case: Case, items: Sequence[Item], source: str) -> Content:
    """What is listed of a case: the item that people looked at, and every other that shares a digest or URL with it.

    items: of the case, those that are open.

    An item that only resembles it was not looked at, and its digests are not listed; it closes by the resemblance.
    Signals that may not stand on the list are left out, and what is past an entry's room. Raises FailedPrecondition
    NOTHING_TO_LIST.
    """
    signals: dict[tuple[int, bytes], Signal] = {}
    room = LISTED_BYTES_MAX
    for item in same_thing(case, items):
        for signal in item.signals:
            listed = _listable(signal)
            if listed is None or (listed.type, listed.value) in signals:
                continue
            room -= 2 * len(listed.value)  # a URL is stored as it was written as well
            if room < 0 or len(signals) == CHECK_SIGNALS_MAX:
                break
            signals[listed.type, listed.value] = listed
    if not signals:
        raise FailedPrecondition(
            "NOTHING_TO_LIST", "no fingerprint or URL of what was looked at may stand on the list; add one by hand"
        )
    opinion = next(one for one in reversed(case.opinions) if one.is_illegal)
    classifications = assessing.classifications_of(case.opinions)
    details = Details("", tuple(sorted(classifications.items())), opinion.age_band, opinion.sex, opinion.flags)
    return Content(source, "casework", f"case-{case.number}-{case.opened_us}", tuple(signals.values()), details)


def same_thing(case: Case, items: Sequence[Item]) -> list[Item]:
    """Of a case's open items the one that people looked at, and then those that are the same.

    The same is what shares a digest or URL with it and has no digest that says otherwise: MD5 and SHA-1 can be made to
    collide, and what stands at a URL changes.
    """
    seen = next(item for item in items if (item.report, item.index) == case.first_item)
    keys = set(exact_keys(seen.signals))
    same = [item for item in items if item is not seen and keys & set(exact_keys(item.signals))]
    return [seen, *(item for item in same if not _contradict(seen.signals, item.signals))]


def _contradict(one: Sequence[Signal], other: Sequence[Signal]) -> bool:
    """Say whether the strongest type of digest that both have differs."""
    mine, theirs = _digests(one), _digests(other)
    both = sorted(mine.keys() & theirs.keys(), key=lambda number: BY_NUMBER[number].strength)
    return bool(both) and mine[both[-1]].isdisjoint(theirs[both[-1]])


def _digests(signals: Sequence[Signal]) -> dict[int, set[bytes]]:
    found: dict[int, set[bytes]] = {}
    for signal in signals:
        if BY_NUMBER[signal.type].is_digest:
            found.setdefault(signal.type, set()).add(signal.value)
    return found


def _listable(signal: Signal) -> Signal | None:
    """The signal as the list takes it, None where it may not stand there."""
    if signal.url is not None and signal.url.embedded:
        return None
    if signal.type == URL:
        try:
            return listed_url(signal.value.decode(), signal.url or DEFAULT_URL, "signals")
        except HashsvcError:
            return None
    return None if weakness(signal.type, signal.value, signal.quality) is not None else signal
