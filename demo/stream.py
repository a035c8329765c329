"""The day's reports, made from the pictures: who brings what when, and what each thing truly is.

The truth stays in the demo: the service is told signals and an opaque reference, never a group. Random by a fixed seed,
so that each run plays the same day.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from demo.corpus import Corpus, Picture, Variant
from demo.pages import FOLDER, LISTED
from demo.people import REPORTERS
from hashsvc.cli.failures import Failed
from hashsvc.client import NewItem, NewReport
from hashsvc.signals import PDQ, QUALITY_MIN, URL, Signal
from hashsvc.signals.url import canonicalise

SEED = 6
FIRST_HOUR, TICKS = 6, 48  # quarters of an hour, from 06:00 to 18:00
WHOLE = 911  # pictures for which the figures below are meant; of fewer there are fewer reports
KNOWN, FRESH, LAWFUL, BY_PAGE = 560, 56, 64, 6  # reports; groups; groups; pages
FRESH_REPORTS_MEAN, MISTAKEN_REPORTS = 9, 24
WAVE_TICKS_MEAN = 8
PAGE_PICTURES = 4
CHECKS_A_TICK = 12
COMMON = ("jpeg-", "resize-", "webp-")  # what happens to a picture that is passed on; other edits are rarer
COMMON_WEIGHT, ORIGINAL_SHARE = 4, 0.4
AGAIN_SHARE, NEW_PLACE_SHARE = 0.05, 0.12

LISTED_PAGE, LISTED_FOLDER = "listed page", "listed folder"  # groups of their own
OF_LISTED_PAGE = (
    LISTED,
    "http://WWW.Gallery.example:80/a/./Spring/17%2Ejpg?s=full#top",
    "hxxps://www[.]gallery[.]example/a/Spring/17.jpg?s=full",
)
IN_LISTED_FOLDER = (FOLDER + "2/31.jpg", FOLDER + "7.jpg")
LOOK_ALIKES = (
    "https://www.gallery.example/a/spring/17.jpg?s=full",
    "https://www.gallery.example@evil.example/a/Spring/17.jpg?s=full",
    "https://www.gаllery.example/a/Spring/17.jpg?s=full",
    "https://files.gallery.example/u/88121/31.jpg",
)


class Arrival(msgspec.Struct, frozen=True):
    """A report as somebody brings it. groups: what its items truly are, in order.

    tick: when, in quarters of an hour. again_tick: when it is sent a second time under the same id, -1: never.
    """

    tick: int
    reporter: str
    report: NewReport
    groups: tuple[str, ...]
    again_tick: int


@dataclass
class Truth:
    """What the demo knows and the service is not told.

    illegal: groups that are so in the play. mistaken: one of those, of which everybody is wrong until the evening.
    """

    illegal: set[str]
    mistaken: str
    group_of_ref: dict[str, str] = field(default_factory=dict)
    groups_of_signal: dict[tuple[int, bytes], set[str]] = field(default_factory=dict)

    def learn(self, group: str, signals: Iterable[Signal]) -> None:
        """Note whose digests and URLs these are. A PDQ says nothing: those of other pictures may be equal."""
        for signal in signals:
            if signal.type != PDQ:
                self.groups_of_signal.setdefault(_key(signal), set()).add(group)

    def groups_of(self, signals: Iterable[Signal]) -> frozenset[str]:
        """Whose signals these are, by digests and URLs."""
        return frozenset(group for one in signals for group in self.groups_of_signal.get(_key(one), ()))

    def category(self, group: str) -> str:
        """What everybody who looks rightly says of it."""
        return "ABC"[sum(group.encode()) % 3]


class Stream(msgspec.Struct, frozen=True):
    """A day's reports in order, and what a partner's platform checks in each quarter of an hour."""

    arrivals: list[Arrival]
    checks: list[list[tuple[str, tuple[Signal, ...]]]]  # by tick: (group, signals)


def make_stream(corpus: Corpus) -> tuple[Stream, Truth]:
    """Make the day. Raises Failed where the corpus has no picture that could be listed in it."""
    return _Maker(corpus).make()


def _key(signal: Signal) -> tuple[int, bytes]:
    if signal.type == URL:
        return URL, canonicalise(signal.value.decode()).strict.encode()
    return signal.type, signal.value


class _Maker:
    """Draws reports one after the other; they are put in order of time at the end."""

    def __init__(self, corpus: Corpus) -> None:
        self._random = random.Random(SEED)
        self._arrivals: list[Arrival] = []
        self._share = min(1.0, len(corpus.pictures) / WHOLE)
        self._listed = corpus.listed
        others = [picture for picture in corpus.pictures if picture.group not in corpus.listed_groups]
        self._random.shuffle(others)
        by_group = {picture.group: picture for picture in others}
        good = [one for one in by_group.values() if one.original.quality >= QUALITY_MIN]
        fresh = good[: self._scaled(FRESH) + 1]
        if not fresh:
            raise Failed("the corpus has no picture outside the list that is good enough to be listed")
        self._mistaken, *self._fresh = fresh
        taken = {picture.group for picture in fresh}
        self._lawful = [one for one in by_group.values() if one.group not in taken][: self._scaled(LAWFUL)]
        illegal = {*corpus.listed_groups, *taken, LISTED_PAGE, LISTED_FOLDER}
        self._truth = Truth(illegal, self._mistaken.group)
        for picture in corpus.pictures:
            for variant in picture.variants:
                self._truth.learn(picture.group, variant.signals())

    def make(self) -> tuple[Stream, Truth]:
        self._known()
        for picture in self._fresh:
            self._wave(picture, 1 + int(self._random.expovariate(1 / FRESH_REPORTS_MEAN)), self._tick(TICKS * 3 // 4))
        self._wave(self._mistaken, MISTAKEN_REPORTS, 0)
        for picture in self._lawful:
            for _ in range(self._random.randint(1, 2)):
                self._bring(self._tick(), self._item(picture.group, self._variant(picture).signals()))
        self._pages()
        self._urls()
        arrivals = sorted(self._arrivals, key=lambda one: one.tick)
        return Stream(arrivals, [self._checks() for _ in range(TICKS)]), self._truth

    def _known(self) -> None:
        """Copies of what is listed, some at a new address."""
        for n in range(self._scaled(KNOWN)):
            picture = self._random.choice(self._listed)
            signals = self._variant(picture).signals()
            if self._random.random() < NEW_PLACE_SHARE:
                signals = (*signals, _url(f"https://host{n}.example/p/{n}.jpg"))
            self._bring(self._tick(), self._item(picture.group, signals))

    def _wave(self, picture: Picture, count: int, first_tick: int) -> None:
        """Something new that goes round, most in the first hours: the picture, its address, or both."""
        address = _url(f"https://site-{picture.group}.example/full/{picture.group}.jpg")
        for n in range(count):
            later = 0 if n == 0 else 1 + int(self._random.expovariate(1 / WAVE_TICKS_MEAN))
            signals: tuple[Signal, ...] = self._variant(picture).signals()
            if n % 4 == 1:
                signals = (address,)
            elif n % 4 == 2:
                signals = (*signals, address)
            self._bring(min(TICKS - 1, first_tick + later), self._item(picture.group, signals))

    def _pages(self) -> None:
        """Pages with one known picture among others: items close, not reports."""
        for n in range(self._scaled(BY_PAGE)):
            group = f"page {n}"
            self._truth.illegal.add(group)
            known = self._random.choice(self._listed)
            others = self._random.sample(self._lawful, min(PAGE_PICTURES, len(self._lawful)))
            self._bring(
                self._tick(),
                self._item(group, (_url(f"https://forum{n}.example/thread/{n}"),)),
                *(self._item(one.group, one.original.signals()) for one in others),
                self._item(known.group, known.original.signals()),
            )

    def _urls(self) -> None:
        """Addresses alone: of what is listed in other spellings, and of what only looks like it."""
        for text in OF_LISTED_PAGE * 3:
            self._bring(self._tick(), self._item(LISTED_PAGE, (_url(text),)))
        for text in IN_LISTED_FOLDER * 2:
            self._bring(self._tick(), self._item(LISTED_FOLDER, (_url(text),)))
        self._truth.learn(LISTED_FOLDER, (_url(FOLDER),))
        for text in LOOK_ALIKES:
            self._bring(self._tick(), self._item(f"like {text}", (_url(text),)))

    def _checks(self) -> list[tuple[str, tuple[Signal, ...]]]:
        """What a platform sees in a quarter of an hour: some of what goes round, and what is nobody's business."""
        pictures = self._random.choices([self._mistaken, *self._fresh, *self._lawful], k=CHECKS_A_TICK)
        return [(one.group, self._variant(one).signals()) for one in (self._mistaken, *pictures)]

    def _item(self, group: str, signals: Sequence[Signal]) -> tuple[str, NewItem]:
        reference = f"view/{len(self._truth.group_of_ref)}"  # what an analyst's own viewer finds it by
        self._truth.group_of_ref[reference] = group
        self._truth.learn(group, signals)
        return group, NewItem(tuple(signals), reference)

    def _bring(self, tick: int, *items: tuple[str, NewItem]) -> None:
        reporter = self._random.choice(REPORTERS)
        name = f"{reporter}-{len(self._arrivals)}"
        report = NewReport(items=[item for _, item in items], request_id=name, partner_reference=name)
        again = min(TICKS - 1, tick + self._random.randint(0, 4)) if self._random.random() < AGAIN_SHARE else -1
        self._arrivals.append(Arrival(tick, reporter, report, tuple(group for group, _ in items), again))

    def _variant(self, picture: Picture) -> Variant:
        if self._random.random() < ORIGINAL_SHARE:
            return picture.original
        weights = [COMMON_WEIGHT if one.edit.startswith(COMMON) else 1 for one in picture.variants]
        return self._random.choices(picture.variants, weights)[0]

    def _tick(self, below: int = TICKS) -> int:
        return self._random.randrange(below)

    def _scaled(self, count: int) -> int:
        return max(1, round(count * self._share))


def _url(text: str) -> Signal:
    return Signal(URL, text.encode())
