"""The crosswalk of categories: which values of which schemes certainly mean the same. Read once, then never changed.

`data/crosswalk.toml` comes with hashsvc; an operator may name another. A category means something only with its scheme,
so it is kept as it came and mapped when it is shown. What is not certain is UNKNOWN; nothing here guesses.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from hashsvc.errors import InvalidArgument
from hashsvc.files import read_shipped
from hashsvc.limits import LABEL_CHARS_MAX, NOTE_CHARS_MAX

UNKNOWN = "unknown"  # what a category maps to where nothing is certain; no scheme may have it as a value

AGE_BANDS = ("0-2", "3-6", "7-10", "11-13", "14-15", "16-17")  # the IWF's (docs/glossary.md), the youngest first
SEVERITIES = ("A", "B", "C")  # the UK Sentencing Council's bands, the gravest first

Place = tuple[str, str]  # (scheme, value)


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of a scheme. settled: whether sources agree on its meaning. source: "" is its scheme's."""

    value: str
    meaning: str
    settled: bool = True
    source: str = ""


class Scheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way to categorise. values: empty where its table is not public; then any value is taken, and none mapped."""

    name: str
    meaning: str
    source: str
    values: tuple[Category, ...]


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"origin": "from", "target": "to"}):
    """What holds for certain: whatever is `origin` is `target`. The other way round is another mapping."""

    origin: Place
    target: Place
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The TOML file."""

    version: str
    scheme: tuple[Scheme, ...]
    mapping: tuple[Mapping, ...] = ()


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """schemes: by name, in the file's order. certain: by origin, then scheme, with what follows from the mappings."""

    version: str
    schemes: dict[str, Scheme]
    certain: dict[Place, dict[str, Mapping]]

    @classmethod
    def parse(cls, text: str) -> Crosswalk:
        """Make the crosswalk of a TOML text. Raises InvalidArgument CROSSWALK_INVALID that names the place."""
        try:
            file = msgspec.convert(tomllib.loads(text), _File)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
            raise _wrong(f"cannot be read: {error}") from error
        _check_text(file.version, LABEL_CHARS_MAX, "version")
        schemes = {scheme.name: scheme for scheme in file.scheme}
        _check_once((scheme.name for scheme in file.scheme), "scheme")
        for scheme in file.scheme:
            _check_scheme(scheme)
        for mapping in file.mapping:
            _check_mapping(mapping, schemes)
        return cls(file.version, schemes, _follow(file.mapping))

    def is_known(self, scheme: str) -> bool:
        """Say whether the crosswalk knows a scheme. Others are free: kept as they are, and mapped to nothing."""
        return scheme in self.schemes

    def check(self, scheme: str, value: str, field: str = "category") -> None:
        """Check a category that somebody gives now. Raises InvalidArgument UNKNOWN_SCHEME or UNKNOWN_CATEGORY.

        The message names what there is and never what was given: that could be anything. What exchanges bring in
        schemes of their own is not for this check (`is_known`).
        """
        self.check_scheme(scheme, field)
        known = [category.value for category in self.schemes[scheme].values]
        if known and value not in known:
            what = f"is no category of {scheme}; there are {', '.join(known)}"
            raise InvalidArgument("UNKNOWN_CATEGORY", what, field=field)
        if not known and value in ("", UNKNOWN):
            raise InvalidArgument("UNKNOWN_CATEGORY", f"names no category of {scheme}; right is its value", field=field)

    def check_scheme(self, scheme: str, field: str = "scheme") -> None:
        """Check a scheme that somebody names now. Raises InvalidArgument UNKNOWN_SCHEME that names what there is."""
        if not self.is_known(scheme):
            names = ", ".join(self.schemes)
            raise InvalidArgument("UNKNOWN_SCHEME", f"is no scheme of the crosswalk; there are {names}", field=field)

    def map(self, scheme: str, value: str, to_scheme: str) -> str:
        """Give the category in another scheme, UNKNOWN where that is not certain. The same scheme: the value itself.

        Never raises: a scheme or value that the crosswalk does not know maps to nothing.
        """
        if scheme == to_scheme:
            return value
        found = self.find(scheme, value, to_scheme)
        return UNKNOWN if found is None else found.target[1]

    def find(self, scheme: str, value: str, to_scheme: str) -> Mapping | None:
        """Give the mapping from a category to another scheme with its source, or None where nothing is certain."""
        return self.certain.get((scheme, value), {}).get(to_scheme)

    def describe(self) -> list[dict[str, Any]]:
        """Give a row for each category, in the file's order; for a scheme without a public table one, value None."""
        return [
            {
                "scheme": scheme.name,
                "value": category.value or None,
                "meaning": category.meaning,
                "settled": category.settled,
                "maps_to": [
                    {"scheme": name, "value": mapping.target[1]}
                    for name, mapping in self.certain.get((scheme.name, category.value), {}).items()
                ],
                "source": category.source or scheme.source,
                "crosswalk": self.version,
            }
            for scheme in self.schemes.values()
            for category in scheme.values or (Category("", scheme.meaning, settled=False),)
        ]


def load_crosswalk(path: Path | None = None) -> Crosswalk:
    """Read a crosswalk, or the one that comes with hashsvc. Raises InvalidArgument CROSSWALK_INVALID."""
    if path is None:
        return Crosswalk.parse(read_shipped("crosswalk.toml"))
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(f"file cannot be read: {error}") from error
    return Crosswalk.parse(text)


def _check_scheme(scheme: Scheme) -> None:
    """Check one scheme's texts, and that no value stands twice."""
    _check_text(scheme.name, LABEL_CHARS_MAX, "name of a scheme")
    _check_text(scheme.meaning, NOTE_CHARS_MAX, f"meaning of {scheme.name}")
    _check_text(scheme.source, NOTE_CHARS_MAX, f"source of {scheme.name}")
    _check_once((category.value for category in scheme.values), f"value of {scheme.name}")
    for category in scheme.values:
        here = f"{scheme.name} {category.value}"
        _check_text(category.value, LABEL_CHARS_MAX, f"value of {scheme.name}")
        _check_text(category.meaning, NOTE_CHARS_MAX, f"meaning of {here}")
        if category.source:
            _check_text(category.source, NOTE_CHARS_MAX, f"source of {here}")
        if category.value == UNKNOWN:
            raise _wrong(f"{scheme.name} has a value {UNKNOWN!r}, the word for what is not certain; leave it out")


def _check_mapping(mapping: Mapping, schemes: dict[str, Scheme]) -> None:
    """Check that a mapping leads from one settled category to one of another scheme, and says why."""
    _check_text(mapping.source, NOTE_CHARS_MAX, f"source of {_arrow(mapping)}")
    if mapping.origin[0] == mapping.target[0]:
        raise _wrong(f"{_arrow(mapping)} stays in one scheme; right is a mapping between two")
    for name, value in (mapping.origin, mapping.target):
        if name not in schemes:
            raise _wrong(f"{_arrow(mapping)} names no scheme of the file; there are {', '.join(schemes)}")
        found = [category for category in schemes[name].values if category.value == value]
        if not found:
            known = ", ".join(category.value for category in schemes[name].values) or "none that could be mapped"
            raise _wrong(f"{_arrow(mapping)} names no value of {name}; there are {known}")
        if not found[0].settled:
            raise _wrong(f"{_arrow(mapping)} is given as certain, and what {name} {value} means is not settled")


def _follow(mappings: tuple[Mapping, ...]) -> dict[Place, dict[str, Mapping]]:
    """Find all that follows from the mappings, chains included. Raises where two ways end in different values.

    So there and back is where it began, or unknown, and it does not matter by which scheme one goes.
    """
    direct: dict[Place, list[Mapping]] = {}
    for mapping in mappings:
        direct.setdefault(mapping.origin, []).append(mapping)
    _check_once((_arrow(mapping) for mapping in mappings), "mapping")
    certain: dict[Place, dict[str, Mapping]] = {}
    for start, first in direct.items():
        values = {start[0]: start[1]}
        reached: dict[str, Mapping] = {}
        waiting = list(first)
        for found in waiting:  # grows while it is read: nearest first
            scheme, value = found.target
            if values.setdefault(scheme, value) != value:
                other = f"{scheme} {values[scheme]}"
                raise _wrong(f"{_arrow(found)} contradicts others, by which {start[0]} {start[1]} is {other}")
            if scheme == start[0] or scheme in reached:
                continue
            reached[scheme] = found
            waiting += [
                Mapping(start, further.target, f"{found.source}; then {further.source}")
                for further in direct.get(found.target, ())
            ]
        certain[start] = reached
    return certain


def _check_once(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _wrong(f"the {what} {name!r} stands twice")
        seen.add(name)


def _check_text(text: str, chars_max: int, what: str) -> None:
    if not 1 <= len(text) <= chars_max or not text.isprintable() or text != text.strip():
        raise _wrong(f"the {what} must be one line of 1 to {chars_max} characters, and is {text[:chars_max]!r}")


def _arrow(mapping: Mapping) -> str:
    return f"{' '.join(mapping.origin)} → {' '.join(mapping.target)}"


def _wrong(what: str) -> InvalidArgument:
    return InvalidArgument("CROSSWALK_INVALID", f"the crosswalk: {what}", field="crosswalk")
