"""A day at a hotline: reports come in, analysts decide, the list spares whoever comes after, a mistake is taken back.

All through the client, at a real service of two workers: reports by one, analysts by the other. `stream.py` makes the
reports, `diary.py` brings them, `desk.py` looks at cases, `reading.py` reads back, `truth.py` judges, `mistake.py`
plays the evening.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import msgspec

from demo import truth as judge
from demo.corpus import Corpus
from demo.desk import Desk
from demo.diary import Diary
from demo.mistake import Retraction, retract
from demo.people import ANALYSTS, PLATFORM, SENIOR
from demo.reading import ENDS, PERSON, WAITING, by_report, end_of, groups_of_entries, read_fates
from demo.stream import TICKS, Arrival, Stream, make_stream
from demo.truth import Counted, Fate
from hashsvc.cli.failures import Failed
from hashsvc.client import HashsvcClient

PEOPLE_REQUIRED = 2  # as `init` makes a list
ANALYSTS_FROM = 12  # the quarter of an hour in which they begin, at 09:00; reports come earlier
CASES_A_TICK = 5  # that each of them looks at in a quarter of an hour; in the evening all until nothing waits
REOPENED = "reopened"  # what else a report may come to: open again in the evening


class Day(msgspec.Struct, frozen=True):
    """What the day came to.

    reports: by how they ended, before the retraction. ticks: for each quarter of an hour how many of its reports ended
    how, the reopened ones apart. repeats: sent again under the same id. disagreements: cases that two differed about.
    wrong_closes: in the evening and after the retraction. problems: what else is wrong. Both in words; none must be.
    """

    counted: Counted
    reports: dict[str, int]
    ticks: list[dict[str, int]]
    repeats: int
    multi_item_reports: int
    partner_checks: int
    disagreements: int
    retraction: Retraction
    wrong_closes: list[str]
    problems: list[str]

    @property
    def needed_a_person(self) -> int:
        """Reports of which somebody looked at something, or still must."""
        return self.reports[PERSON] + self.reports[WAITING]


def play_day(intake: HashsvcClient, analysts: HashsvcClient, corpus: Corpus) -> Day:
    """Play the day and judge it. intake, analysts: clients of two workers. Raises Failed where it cannot go on."""
    stream, truth = make_stream(corpus)
    listed_before = groups_of_entries(analysts, truth).keys()
    diary, desk = Diary(), Desk(analysts, truth)
    _work(intake, analysts, stream, diary, desk)

    fates, cases = read_fates(analysts, diary, desk.claimed)
    listed = groups_of_entries(intake, truth)
    counted = judge.count(fates, desk.worked(cases), PEOPLE_REQUIRED)
    wrong = judge.wrong_closes(fates, listed, truth.illegal, desk.not_illegal_groups)
    differences = judge.differences(counted, analysts.get_effect().hotline)
    problems = [*diary.problems, *judge.wrong_entries(listed), *differences]
    mistaken = {entry_id for entry_id, groups in listed.items() if truth.mistaken in groups}
    if not mistaken:
        raise Failed("nothing was listed of the picture that everybody is wrong about")
    retraction, after, told = retract(intake, analysts, mistaken, truth.mistaken, fates, diary, desk.claimed)
    listed, illegal = groups_of_entries(intake, truth), truth.illegal - {truth.mistaken}
    wrong += judge.wrong_closes(after, listed, illegal, desk.not_illegal_groups)

    ends = {report: end_of(items, listed_before) for report, items in by_report(fates).items()}
    reopened = _open_reports(after) - _open_reports(fates)
    return Day(
        counted=counted,
        reports={end: list(ends.values()).count(end) for end in ENDS},
        ticks=_ticks(ends, reopened, diary),
        repeats=diary.repeats,
        multi_item_reports=diary.multi_item_reports,
        partner_checks=sum(map(len, stream.checks)),
        disagreements=desk.disagreements,
        retraction=retraction,
        wrong_closes=wrong,
        problems=[*problems, *told],
    )


def _work(intake: HashsvcClient, analysts: HashsvcClient, stream: Stream, diary: Diary, desk: Desk) -> None:
    """Play from the first quarter of an hour until nothing waits."""
    people = (*ANALYSTS, SENIOR)
    coming: list[dict[str, list[Arrival]]] = [{} for _ in range(TICKS)]
    for arrival in stream.arrivals:
        coming[arrival.tick].setdefault(arrival.reporter, []).append(arrival)
    for tick in range(TICKS):
        for reporter, arrivals in coming[tick].items():
            diary.bring(intake.acting_as(reporter), arrivals)
        for arrival in stream.arrivals:
            if arrival.again_tick == tick:
                diary.bring_again(analysts.acting_as(arrival.reporter), arrival)  # to the other worker
        diary.check(intake.acting_as(PLATFORM), f"upload-{tick}", stream.checks[tick])
        for actor in people if tick >= ANALYSTS_FROM else ():
            desk.work(actor, CASES_A_TICK)
    while sum(desk.work(actor, CASES_A_TICK) for actor in people):
        pass


def _open_reports(fates: Sequence[Fate]) -> Set[int]:
    return {one.report for one in fates if not one.is_closed}


def _ticks(ends: dict[int, str], reopened: Set[int], diary: Diary) -> list[dict[str, int]]:
    ticks = [dict.fromkeys((*ENDS, REOPENED), 0) for _ in range(TICKS)]
    for report, end in ends.items():
        ticks[diary.ticks[report]][REOPENED if report in reopened else end] += 1
    return ticks
