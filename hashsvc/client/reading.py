"""Answers to values: one reader for all, driven by what the value classes declare and compiled once a class.

A field is read from the message's field of its name, or from where `From` says. How, follows from both types:

| message has | value declares | becomes |
|---|---|---|
| number, text, bytes, truth | the same | itself |
| Timestamp, Duration | int | microseconds |
| enum | a StrEnum | its member; UNSPECIFIED for one newer than this client |
| enum | a StrEnum or None | None for 0, and for one that has no member where there is no UNSPECIFIED |
| enum | str | its name without the prefix; a type of signal in the one spelling that it has here |
| a message | a Struct, `Signal` | read the same way |
| a message | a tuple of fixed length | its fields, in order of their numbers |
| anything that may be absent | the same or None | None where it is absent |
| repeated | tuple of any length | the same of each |
| repeated, a message of two fields | dict | the first to the second |

Fields that the message lacks are given by the caller or keep their default. Pure.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from enum import StrEnum
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from hashsvc.client.declared import From
from hashsvc.client.values import Page, UrlScope
from hashsvc.errors import InvariantError
from hashsvc.signals import BY_NUMBER, UNKNOWN_QUALITY, URL, Signal, UrlFacts
from hashsvc.v1 import signal_pb2

V = TypeVar("V")
Name = TypeVar("Name", bound=StrEnum)
Convert = Callable[[Any], Any]

_TIMES = frozenset(("google.protobuf.Timestamp", "google.protobuf.Duration"))
_SIGNAL_TYPES = signal_pb2.SignalType.DESCRIPTOR.full_name
_UNSPECIFIED = "UNSPECIFIED"
_NOTHING: dict[str, Any] = {}


def reader(kind: type[V], message: type[Message]) -> Callable[[Any], V]:
    """Give the function that makes a value of a message, for loops. Costs a millisecond for the first of a class."""
    compiled: Callable[[Any], V] = _compiled(kind, message.DESCRIPTOR)
    return compiled


def read(kind: type[V], wire: Message, **given: Any) -> V:
    """Make one value. given: what the message does not say, by field."""
    value: V = _compiled(kind, wire.DESCRIPTOR, frozenset(given))(wire, given)
    return value


def answer(kind: type[V], **given: Any) -> Callable[[Any, int | None], V]:
    """Give the function by which a call reads its answer: (message, worker's number) → value."""
    return lambda wire, worker: read(kind, wire, worker=worker, **given)


def page(kind: type[V], name: str) -> Callable[[Any, int | None], Page[V]]:
    """The same for a page. name: the field that holds the items."""

    def read_page(wire: Any, worker: int | None) -> Page[V]:
        one = _compiled(kind, wire.DESCRIPTOR.fields_by_name[name].message_type)
        return read(Page, wire, items=tuple(map(one, getattr(wire, name))), worker=worker)

    return read_page


def numbered(names: type[Name], enum: EnumDescriptor) -> dict[int, Name]:
    """Give our names by the wire's numbers; numbers for which we have no name are left out."""
    ours = {name.name: name for name in names}
    return {number: ours[name] for number, name in _names(enum).items() if name in ours}


def type_name(number: int) -> str:
    """The one spelling of a type of signal, or its number where this client is older than the server."""
    known = BY_NUMBER.get(number)
    return known.name if known is not None else f"type_{number}"


def url_scope(number: int) -> UrlScope:
    """What of a site a URL with this scope stands for."""
    return _URL_SCOPES.get(number, UrlScope.UNSPECIFIED)


def _names(enum: EnumDescriptor) -> dict[int, str]:
    """The names of an enum without the prefix that all of them have: STATE_OPEN is OPEN."""
    prefix = enum.values_by_number[0].name.removesuffix(_UNSPECIFIED)
    return {number: value.name.removeprefix(prefix) for number, value in enum.values_by_number.items()}


_URL_SCOPES = numbered(UrlScope, signal_pb2.UrlScope.DESCRIPTOR)

# ---------------------------------------------------------------- compiled once a class


class _Plan(msgspec.Struct, frozen=True):
    """How a class is read. names: its fields that are, in order; paths: where each stands. By place in these:

    convert: what must be changed. maybe: what may be absent, under which name, and how it is changed if it is not.
    joined: what is several fields of the message.
    """

    names: tuple[str, ...]
    paths: tuple[str, ...]
    convert: tuple[tuple[int, Convert], ...]
    maybe: tuple[tuple[int, str, Convert | None], ...]
    joined: tuple[tuple[int, Convert], ...]


def _compile(kind: Any, message: Descriptor, given: frozenset[str] = frozenset()) -> Callable[..., Any]:
    """Compile the reader of a class for a kind of message: (message, given values) → value."""
    plan = _plan(kind, message, given)
    convert, maybe, joined, names = plan.convert, plan.maybe, plan.joined, plan.names
    fetch = _fetch(plan.paths)

    def found_in(wire: Any) -> list[Any]:
        found = list(fetch(wire))
        for place, change in convert:
            found[place] = change(found[place])
        for place, name, change_it in maybe:
            if not wire.HasField(name):
                found[place] = None
            elif change_it is not None:
                found[place] = change_it(found[place])
        for place, of in joined:
            found[place] = of(wire)
        return found

    if names != kind.__struct_fields__ or _by_name_only(kind):
        return lambda wire, given=_NOTHING: kind(**dict(zip(names, found_in(wire), strict=True)), **given)
    if convert or maybe or joined:
        return lambda wire, given=_NOTHING: kind(*found_in(wire))
    return lambda wire, given=_NOTHING: kind(*fetch(wire))


_compiled: Callable[..., Callable[..., Any]] = functools.cache(_compile)


def _fetch(paths: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Read several fields at once, as a tuple also of one."""
    several: Callable[[Any], Any] = attrgetter(*paths)
    return several if len(paths) > 1 else lambda wire: (several(wire),)


def _plan(kind: Any, message: Descriptor, given: frozenset[str]) -> _Plan:
    names: list[str] = []
    paths: list[str] = []
    convert: list[tuple[int, Convert]] = []
    maybe: list[tuple[int, str, Convert | None]] = []
    joined: list[tuple[int, Convert]] = []
    for field in msgspec.structs.fields(kind):
        wanted, places = _declared(field.type, field.name)
        if field.name in given:
            continue
        if places[0].partition(".")[0] not in message.fields_by_name:
            if field.required:
                raise InvariantError(f"{kind.__name__}.{field.name} is nowhere in {message.full_name}")
            continue
        place, found = len(names), _follow(message, places[0])
        names.append(field.name)
        paths.append(places[0])
        change = _conversion(wanted, found)
        if len(places) > 1:
            joined.append((place, attrgetter(*places)))
        elif _may_be_none(wanted) and found.has_presence:
            maybe.append((place, places[0], change))
        elif change is not None:
            convert.append((place, change))
    return _Plan(tuple(names), tuple(paths), tuple(convert), tuple(maybe), tuple(joined))


def _declared(wanted: Any, name: str) -> tuple[Any, tuple[str, ...]]:
    """Give a field's type, and where in the message it stands."""
    if get_origin(wanted) is Annotated:
        wanted, *said = get_args(wanted)
        for one in said:
            if isinstance(one, From):
                return wanted, one.paths
    return wanted, (name,)


def _follow(message: Descriptor, path: str) -> FieldDescriptor:
    """Find the field that a dotted path leads to."""
    *above, last = path.split(".")
    for name in above:
        below = message.fields_by_name[name].message_type
        assert below is not None
        message = below
    return message.fields_by_name[last]


def _conversion(wanted: Any, field: FieldDescriptor) -> Convert | None:
    """Choose how what stands in a field becomes what is wanted; None: it is that already."""
    if field.is_repeated:
        return _of_many(wanted, field)
    return _of_one(wanted, field)


def _of_many(wanted: Any, field: FieldDescriptor) -> Convert:
    if get_origin(wanted) is dict:
        assert field.message_type is not None
        pair = _in_order(get_args(wanted), field.message_type)
        return lambda wires: dict(map(pair, wires))
    change = _of_one(get_args(wanted)[0], field)
    if change is None:
        return tuple
    return lambda wires: tuple(map(change, wires)) if wires else ()


def _of_one(wanted: Any, field: FieldDescriptor) -> Convert | None:
    optional, wanted = _may_be_none(wanted), _without_none(wanted)
    if field.enum_type is not None:
        return _enum_table(wanted, field.enum_type, optional).__getitem__
    if field.message_type is None:
        return None
    if field.message_type.full_name in _TIMES:
        return _microseconds
    if wanted is Signal:
        return _signal
    if get_origin(wanted) is tuple:
        return _in_order(get_args(wanted), field.message_type)
    return _compiled(wanted, field.message_type)


def _in_order(wanted: tuple[Any, ...], message: Descriptor) -> Convert:
    """Make a tuple of a message's fields, in order of their numbers."""
    fields = sorted(message.fields, key=lambda one: one.number)
    fetch = _fetch(tuple(field.name for field in fields))
    changes = [
        (place, change)
        for place, (one, field) in enumerate(zip(wanted, fields, strict=True))
        if (change := _conversion(one, field)) is not None
    ]

    def pair(wire: Any) -> tuple[Any, ...]:
        found = list(fetch(wire))
        for place, change in changes:
            found[place] = change(found[place])
        return tuple(found)

    return pair if changes else fetch


class _Table(dict[int, Any]):
    """Names by number; for others `unknown` is asked."""

    def __init__(self, known: dict[int, Any], unknown: Callable[[int], Any]) -> None:
        super().__init__(known)
        self._unknown = unknown

    def __missing__(self, number: int) -> Any:
        return self._unknown(number)


def _enum_table(wanted: Any, enum: EnumDescriptor, optional: bool) -> _Table:
    if wanted is str:
        if enum.full_name == _SIGNAL_TYPES:
            return _Table({}, type_name)
        return _Table(_names(enum), lambda number: _UNSPECIFIED)
    known: dict[int, Any] = dict(numbered(wanted, enum))
    newer = getattr(wanted, _UNSPECIFIED, None)
    if optional:
        known[0] = None
    elif newer is None:
        raise InvariantError(f"{wanted.__name__} has no member for numbers that are newer than this client")
    return _Table(known, lambda number: newer)


def _microseconds(wire: Any) -> int:
    seconds: int = wire.seconds
    nanos: int = wire.nanos
    return seconds * 1_000_000 + nanos // 1000


def _signal(wire: signal_pb2.Signal) -> Signal:
    if wire.type == URL:
        facts = UrlFacts(wire.url.scope, wire.url.query_exact, embedded=wire.url.embedded)
        return Signal(URL, wire.text.encode(), url=facts)
    quality = wire.quality if wire.HasField("quality") else UNKNOWN_QUALITY
    return Signal(wire.type, wire.value, quality, wire.algorithm)


def _may_be_none(wanted: Any) -> bool:
    return get_origin(wanted) in (Union, UnionType) and NoneType in get_args(wanted)


def _without_none(wanted: Any) -> Any:
    if not _may_be_none(wanted):
        return wanted
    [only] = [one for one in get_args(wanted) if one is not NoneType]
    return only


def _by_name_only(kind: Any) -> bool:
    parameters = inspect.signature(kind).parameters.values()
    return any(one.kind is inspect.Parameter.KEYWORD_ONLY for one in parameters)
