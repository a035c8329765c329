"""The policy: what a distance means, a type at a time. A TOML text.

`data/policy.toml` is the one that comes with hashsvc and explains the fields; people bring another into force as a
change of the list (`current.py`). Decides nothing about an item: that is `verdict.py`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from hashsvc.errors import InvalidArgument
from hashsvc.files import read_shipped
from hashsvc.limits import POLICY_VERSION_CHARS_MAX
from hashsvc.matching.chance import Chance
from hashsvc.matching.values import Effort
from hashsvc.signals import BY_NUMBER
from hashsvc.signals.values import SignalType

QUALITY_MIN_DEFAULT = 50  # what PDQ's authors name (ThreatExchange, PDQ's README)


US_A_DAY = 24 * 3600 * 1_000_000
STALE_DAYS_DEFAULT = 30
STALE_DAYS_MAX = 3_650


class Tracking(IntEnum):
    """What a match is worth that holds only without tracking parameters: closes, shows, is none."""

    ON = 1
    LOOSE = 2
    OFF = 3


@dataclass(frozen=True, slots=True)
class UrlRule:
    """loose: whether URLs that agree loosely are shown. stale_us: age from which a PAGE or PATH does not close."""

    tracking: int
    loose: bool
    stale_us: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What the distances of one type mean; all inclusive, in the type's own unit.

    close: CONFIRMED and at most this far closes; for a type that never closes: show_standard. rank: which of two
    equally good matches is named first, the stronger digest and then the lower type number.
    """

    type: SignalType
    number: int
    is_digest: bool
    has_quality: bool
    rank: int
    close: int
    show_standard: int
    show_thorough: int
    quality_min: int
    may_close: bool
    url: UrlRule | None = None

    def radius(self, effort: int) -> int:
        """Give how far a search of that effort reaches."""
        return self.show_thorough if effort == Effort.THOROUGH else self.show_standard


@dataclass(frozen=True, slots=True)
class Policy:
    """rules: by type number, None where the type is not configured and hence not searched.

    radii: how far a search reaches, by effort and type number; 0 where there is no rule.
    """

    version: str
    rules: tuple[Rule | None, ...]
    chance: Chance
    radii: dict[int, tuple[int, ...]]

    def warnings(self) -> list[str]:
        """Give what an operator should read at start: which signals are not searched, in plain words."""
        return [
            f"policy {self.version} has no thresholds for {kind.title}: items that carry only that are not checked, "
            f"and are told so (SIGNAL_NOT_CONFIGURED); a section [{kind.name}] in the policy file turns it on"
            for number, kind in sorted(BY_NUMBER.items())
            if self.rules[number] is None
        ]


def shipped_text() -> str:
    """Give the text of the policy that comes with hashsvc."""
    return read_shipped("policy.toml")


def load_policy() -> Policy:
    """Read the policy that comes with hashsvc."""
    return parse_policy(shipped_text())


def parse_policy(text: str, chance_json: str | None = None) -> Policy:
    """Make the policy of a TOML text and a chance table, by default the one that comes with hashsvc.

    Raises InvalidArgument POLICY_INVALID that names the field.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidArgument("POLICY_INVALID", f"the policy is not TOML: {error}", field="policy") from error
    version = raw.pop("version", None)
    if not isinstance(version, str) or not 1 <= len(version) <= POLICY_VERSION_CHARS_MAX or not version.isprintable():
        raise _wrong(
            "version", f"must be a text of 1 to {POLICY_VERSION_CHARS_MAX} printable characters, and is {version!r}"
        )
    by_name = {kind.name: kind for kind in BY_NUMBER.values()}
    rules: list[Rule | None] = [None] * (max(BY_NUMBER) + 1)
    for name, section in raw.items():
        if name not in by_name:
            raise _wrong(name, f"is no type of signal; there are {', '.join(by_name)}")
        if not isinstance(section, dict):
            raise _wrong(name, f"must be a section [{name}]")
        rules[by_name[name].number] = _rule(by_name[name], section)
    radii = {
        int(effort): tuple(0 if rule is None else rule.radius(effort) for rule in rules)
        for effort in (Effort.STANDARD, Effort.THOROUGH)
    }
    return Policy(
        version, tuple(rules), Chance.parse(read_shipped("chance.json") if chance_json is None else chance_json), radii
    )


def _rule(kind: SignalType, section: dict[str, Any]) -> Rule:
    """Make the rule of one section, every relation checked."""
    known = {"may_close"}
    is_near = not kind.is_digest and not kind.is_url
    if kind.is_url:
        known |= {"strip_tracking", "loose", "stale_days"}
    if is_near:
        known |= {"close", "show_standard", "show_thorough"}
    if kind.has_quality:
        known |= {"quality_min"}
    for key in section:
        if key not in known:
            raise _wrong(f"{kind.name}.{key}", f"is not a field of {kind.title}; there are {', '.join(sorted(known))}")
    may_close = section.get("may_close")
    if not isinstance(may_close, bool):
        raise _wrong(f"{kind.name}.may_close", f"must be true or false, and is {may_close!r}")
    close = show = thorough = 0
    if is_near:
        farthest = kind.radius_max if kind.radius_max is not None else kind.byte_count * 255 * 255
        show = _number(kind, section, "show_standard", 0, farthest, "the farthest that the index searches")
        if "show_thorough" in section:
            thorough = _number(kind, section, "show_thorough", show, farthest, "show_standard and the index's limit")
        else:
            thorough = show
        if may_close:
            close = _number(kind, section, "close", 0, show, "show_standard")
        elif "close" in section:
            raise _wrong(f"{kind.name}.close", "has no meaning where may_close is false; leave one of the two out")
        else:
            close = show
    quality_min = 0
    if kind.has_quality:
        section.setdefault("quality_min", QUALITY_MIN_DEFAULT)
        quality_min = _number(kind, section, "quality_min", 0, 100, "the scale of qualities")
    rank = kind.number - 16 * kind.strength
    return Rule(
        kind, kind.number, kind.is_digest, kind.has_quality, rank, close, show, thorough, quality_min, may_close,
        _url_rule(kind, section) if kind.is_url else None,
    )  # fmt: skip


def _url_rule(kind: SignalType, section: dict[str, Any]) -> UrlRule:
    """Make what is special to URLs."""
    tracking, loose = section.get("strip_tracking", "on"), section.get("loose", True)
    if tracking not in ("on", "loose", "off"):
        raise _wrong(f"{kind.name}.strip_tracking", f"must be on, loose or off, and is {tracking!r}")
    if not isinstance(loose, bool):
        raise _wrong(f"{kind.name}.loose", f"must be true or false, and is {loose!r}")
    section.setdefault("stale_days", STALE_DAYS_DEFAULT)
    days = _number(kind, section, "stale_days", 1, STALE_DAYS_MAX, "days; nothing stays as it was for ever")
    return UrlRule(int(Tracking[tracking.upper()]), loose, days * US_A_DAY)


def _number(kind: SignalType, section: dict[str, Any], key: str, least: int, most: int, why: str) -> int:
    value = section.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _wrong(f"{kind.name}.{key}", f"must be a whole number from {least} to {most} ({why}), and is {value!r}")
    return value


def _wrong(field: str, what: str) -> InvalidArgument:
    return InvalidArgument("POLICY_INVALID", f"the policy's {field} {what}", field=field)
