"""What is still to be taken down: one takedown a URL at which illegal content was reported, and the outgoing queue.

An item with a URL that closes because its content is illegal (known, listed with its case, or closed by a listing)
opens the URL's takedown or counts in it; one found not illegal never does. The URL that was reported counts, however
wide the entry that knows it. A URL that the content only mentions (`embedded`) does not: nobody found anything there.
Nothing is sent from here. Whoever sends notices reads the queue, and says what was sent and what is gone.

A takedown keeps a copy of its URL and outlives its reports. Of an erased item the entries that made it known are kept
instead, so that a retraction still ends the takedown; of those only a whole entry counts, not a single signal.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from hashsvc.casework.tables import Tables, decode, number_key, split_number_keys
from hashsvc.casework.values import (
    Event,
    EventKind,
    Item,
    ItemState,
    Mark,
    Notice,
    Takedown,
    TakedownState,
)
from hashsvc.errors import DamagedData, FailedPrecondition, HashsvcError, InvalidArgument, NotFound
from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.signals import URL, Signal
from hashsvc.signals.url import canonicalise
from hashsvc.signals.url_expressions import expression_hash

NOTICES_MAX = 32  # kept of one takedown, the newest
QUEUE = (TakedownState.WAITING, TakedownState.REAPPEARED)  # what a notice is to be sent of
_ENDED = (TakedownState.REMOVED, TakedownState.WITHDRAWN)
_ILLEGAL = (ItemState.CLOSED_KNOWN, ItemState.CLOSED_LISTED)
_NUMBERED = 16  # bytes of a key of the queue: time and number, after the state's byte
_PLACE_MAX = 256**_NUMBERED - 1


def places_of(signals: Iterable[Signal]) -> dict[bytes, str]:
    """Where a thing was reported to be: its URLs by the hash of their strict expressions, not those it mentions."""
    places: dict[bytes, str] = {}
    for signal in signals:
        if signal.type == URL and not (signal.url is not None and signal.url.embedded):
            text = signal.value.decode()
            try:
                places.setdefault(expression_hash(canonicalise(text).strict), text)
            except InvalidArgument:
                continue  # cannot be read as a URL, so there is no place to go to
    return places


# ---------------------------------------------------------------- what becomes of items


def item_closed(tables: Tables, item: Item, now_us: int) -> None:
    """An item closed because it is illegal: at each of its URLs something is to be taken down."""
    for key, url in places_of(item.signals).items():
        before = _at(tables, key)
        if before is None:
            number = tables.next_number(b"last_takedown")
            opened = Takedown(
                number, key, url, int(TakedownState.WAITING), now_us, now_us, now_us, item.received_us, 1, 1
            )
            tables.put("takedown_urls", key, number_key(number))
            _write(tables, None, opened)
            tables.note(Event(now_us, EventKind.TAKEDOWN_OPENED, report=item.report, takedown=number))
            continue
        counted = replace(
            before,
            item_count=before.item_count + 1,
            live_count=before.live_count + 1,
            reported_us=max(before.reported_us, item.received_us),
        )
        _write(tables, before, _seen_again(tables, counted, item, now_us))


def item_reopened(tables: Tables, item: Item, now_us: int) -> None:
    """An item that was closed because it was illegal is open again: with the last one its takedown is withdrawn."""
    if item.state not in _ILLEGAL:
        return
    for key in places_of(item.signals):
        before = _at(tables, key)
        if before is None:
            raise DamagedData("DAMAGED_CASEWORK", "an item that closed at a URL has no takedown")
        after = replace(before, item_count=before.item_count - 1, live_count=before.live_count - 1)
        _write(tables, before, _withdrawn_if_baseless(tables, after, now_us))


def item_erased(tables: Tables, item: Item) -> None:
    """An item goes: what its takedown rests on from now on is the entries that made it known."""
    if item.state not in _ILLEGAL:
        return
    for key in places_of(item.signals):
        before = _at(tables, key)
        if before is None:
            raise DamagedData("DAMAGED_CASEWORK", "an item that closed at a URL has no takedown")
        entries = tuple(sorted({*before.entries, *item.entries}))
        for entry_id in entries:
            tables.put("takedown_entries", entry_id, number_key(before.number))
        _write(tables, before, replace(before, live_count=before.live_count - 1, entries=entries))


def entries_withdrawn(tables: Tables, snapshot: Snapshot, withdrawn: Iterable[bytes], now_us: int) -> None:
    """Entries close nothing any more: takedowns of erased items that rested on nothing else are withdrawn."""
    for entry_id in withdrawn:
        if not snapshot.is_withdrawn(entry_id):
            continue  # of a list that was restored
        for number in tables.values_of("takedown_entries", entry_id):
            before = takedown_of(tables, int.from_bytes(number, "big"))
            after = replace(before, entries=tuple(one for one in before.entries if one != entry_id))
            tables.delete("takedown_entries", entry_id, number)
            _write(tables, before, _withdrawn_if_baseless(tables, after, now_us))


def _seen_again(tables: Tables, takedown: Takedown, item: Item, now_us: int) -> Takedown:
    """The state of a takedown after another item of its URL closed as illegal."""
    if takedown.state not in _ENDED:
        return takedown
    if takedown.removed_us and item.received_us <= takedown.removed_us:
        # Reported before it was removed: that it was there then is no news.
        return _moved(
            takedown, TakedownState.REMOVED, takedown.since_us if takedown.state == TakedownState.REMOVED else now_us
        )
    reappeared = bool(takedown.removed_us)
    kind = EventKind.TAKEDOWN_REAPPEARED if reappeared else EventKind.TAKEDOWN_RETURNED
    tables.note(Event(now_us, kind, report=item.report, takedown=takedown.number))
    state = TakedownState.REAPPEARED if reappeared else TakedownState.WAITING
    again = replace(takedown, appearance=takedown.appearance + 1, waiting_us=now_us)
    return _moved(replace(again, reappeared_count=again.reappeared_count + reappeared), state, now_us)


def _withdrawn_if_baseless(tables: Tables, takedown: Takedown, now_us: int) -> Takedown:
    if takedown.live_count or takedown.entries or takedown.state == TakedownState.WITHDRAWN:
        return takedown
    tables.note(Event(now_us, EventKind.TAKEDOWN_WITHDRAWN, takedown=takedown.number))
    return _moved(takedown, TakedownState.WITHDRAWN, now_us)


# ---------------------------------------------------------------- the outgoing queue


def page(tables: Tables, states: Sequence[int], after: int, limit: int) -> tuple[list[Takedown], int]:
    """Takedowns in some states, those that are longest in theirs first, and where the next page goes on; 0: the end.

    after: the place of the last takedown of the page before, 0 at the first.
    """
    rows = heapq.merge(*(_rows_of(tables, state, after) for state in sorted(set(states))))
    found: list[Takedown] = []
    for place in rows:
        if len(found) == limit:
            return found, place_of(found[-1])
        found.append(takedown_of(tables, split_number_keys(place)[1]))
    return found, 0


def place_of(takedown: Takedown) -> int:
    """Where a takedown stands among those of its state: a number > 0 that grows with time."""
    return takedown.since_us << 64 | takedown.number


def takedown_of(tables: Tables, number: int) -> Takedown:
    """Raises NotFound UNKNOWN_TAKEDOWN."""
    found = tables.read(Takedown, "takedowns", number_key(number))
    if found is None:
        raise NotFound("UNKNOWN_TAKEDOWN", "there is no takedown of this number, or it was erased", field="takedown")
    return found


def mark_each(tables: Tables, actor: str, marks: Sequence[Mark], now_us: int) -> list[Takedown | HashsvcError]:
    """Take in what was sent and what is gone. A mark that is refused is answered with its error; the others count."""
    answers: list[Takedown | HashsvcError] = []
    for one in marks:
        try:
            answers.append(_mark(tables, actor, one, now_us))
        except (FailedPrecondition, NotFound) as error:
            answers.append(error)
    return answers


def _mark(tables: Tables, actor: str, mark: Mark, now_us: int) -> Takedown:
    """Take in one mark. Raises NotFound; FailedPrecondition TAKEDOWN_CHANGED, TAKEDOWN_ENDED."""
    before = takedown_of(tables, mark.takedown)
    if mark.appearance and mark.appearance != before.appearance:
        raise FailedPrecondition(
            "TAKEDOWN_CHANGED",
            f"it came into the queue anew: the mark is of appearance {mark.appearance}, it is at {before.appearance}",
            field="appearance",
        )
    is_notice = mark.state == TakedownState.NOTICED
    sent = any(one.recipient == mark.recipient and one.time_us >= before.waiting_us for one in before.notices)
    if before.state == TakedownState.WITHDRAWN or (before.state == TakedownState.REMOVED and is_notice and not sent):
        raise FailedPrecondition(
            "TAKEDOWN_ENDED",
            f"it is {TakedownState(before.state).name}; nothing is to be done about it",
            field="takedown",
        )
    if sent if is_notice else before.state == TakedownState.REMOVED:
        return before
    if is_notice:
        notices = (*before.notices, Notice(actor, now_us, mark.recipient))[-NOTICES_MAX:]
        since_us = before.since_us if before.state == TakedownState.NOTICED else now_us
        after = _moved(replace(before, notices=notices), TakedownState.NOTICED, since_us)
        event = Event(now_us, EventKind.TAKEDOWN_NOTICED, actor, takedown=before.number)
    else:
        after = _moved(replace(before, removed_us=now_us, removed_by=actor), TakedownState.REMOVED, now_us)
        waited_us = max(0, now_us - before.waiting_us)
        event = Event(now_us, EventKind.TAKEDOWN_REMOVED, actor, value=waited_us, takedown=before.number)
    _write(tables, before, after)
    tables.note(event)
    return after


# ---------------------------------------------------------------- the end


def erase(tables: Tables, ended_before_us: int, limit: int) -> int:
    """Erase takedowns that ended before a time and of which no report is left. Returns how many, at most `limit`."""
    due: list[Takedown] = []
    for place in heapq.merge(*(_rows_of(tables, state, 0) for state in _ENDED)):
        since_us, number = split_number_keys(place)
        if since_us >= ended_before_us or len(due) == limit:
            break
        takedown = takedown_of(tables, number)
        if not takedown.live_count:
            due.append(takedown)
    for takedown in due:
        tables.delete("takedowns", number_key(takedown.number))
        tables.delete("takedown_urls", takedown.key)
        tables.delete("takedown_queue", _queue_key(takedown))
        for entry_id in takedown.entries:
            tables.delete("takedown_entries", entry_id, number_key(takedown.number))
    return len(due)


def problems(tables: Tables, items: Iterable[Item], snapshot: Snapshot | None) -> Iterator[str]:
    """Say what is wrong with takedowns. snapshot: of the list as casework has followed it; None: it has moved on."""
    takedowns = {decode(Takedown, data).number: decode(Takedown, data) for _, data in tables.rows("takedowns")}
    by_key = {takedown.key: takedown for takedown in takedowns.values()}
    live = Counter(key for item in items if item.state in _ILLEGAL for key in places_of(item.signals))
    if live.keys() - by_key.keys():
        yield "items are closed at URLs that have no takedown"
    for takedown in takedowns.values():
        name = f"takedown {takedown.number}"
        if takedown.live_count != live[takedown.key]:
            yield f"{name} says {takedown.live_count} items, {live[takedown.key]} are"
        has_ground = bool(takedown.live_count or takedown.entries)
        if has_ground == (takedown.state == TakedownState.WITHDRAWN):
            yield f"{name} is {TakedownState(takedown.state).name}, and there is {'a' if has_ground else 'no'} ground"
        if not takedown.item_count >= takedown.live_count >= 0:
            yield f"{name} counts wrong"
        if (takedown.state == TakedownState.REMOVED) > bool(takedown.removed_us):
            yield f"{name} is REMOVED and does not know since when"
        if snapshot is None or takedown.live_count or not takedown.entries:
            continue
        if all(snapshot.is_withdrawn(one) for one in takedown.entries):
            yield f"{name} rests on nothing but what was retracted"
    queue = {key for key, _ in tables.rows("takedown_queue")}
    if queue != {_queue_key(takedown) for takedown in takedowns.values()}:
        yield "the outgoing queue does not hold the takedowns as they are"
    if dict(tables.rows("takedown_urls")) != {key: number_key(one.number) for key, one in by_key.items()}:
        yield "the URLs of takedowns are not those that are found"
    grounds = {(one, number_key(takedown.number)) for takedown in takedowns.values() for one in takedown.entries}
    if set(tables.rows_of_many("takedown_entries")) != grounds:
        yield "the entries of takedowns are not those that are found"


# ---------------------------------------------------------------- rows


def _at(tables: Tables, key: bytes) -> Takedown | None:
    number = tables.get("takedown_urls", key)
    return None if number is None else takedown_of(tables, int.from_bytes(number, "big"))


def _moved(takedown: Takedown, state: TakedownState, since_us: int) -> Takedown:
    return replace(takedown, state=int(state), since_us=since_us)


def _write(tables: Tables, before: Takedown | None, after: Takedown) -> None:
    if before is not None:
        tables.delete("takedown_queue", _queue_key(before))
    tables.put("takedown_queue", _queue_key(after), b"")
    tables.put("takedowns", number_key(after.number), after)


def _queue_key(takedown: Takedown) -> bytes:
    return bytes((takedown.state,)) + number_key(takedown.since_us) + number_key(takedown.number)


def _rows_of(tables: Tables, state: int, after: int) -> Iterator[bytes]:
    """Times and numbers of the takedowns in a state that come after one, in order."""
    start = bytes((state,))
    begin = min(after + 1, _PLACE_MAX).to_bytes(_NUMBERED, "big")
    for key, _ in tables.rows("takedown_queue", start + begin):
        if key[:1] != start:
            break
        yield key[1:]
