"""A page on the list: reports of it in other spellings close, look-alikes do not, a whole site says what it covers.

All hosts are reserved names.
"""

from __future__ import annotations

import msgspec

from demo.corpus import SOURCE
from demo.people import FIRST, SECOND
from hashsvc.client import Content, HashsvcClient, Verdict
from hashsvc.signals import URL, Signal, UrlFacts
from hashsvc.signals.url_expressions import Scope

LISTED = "https://www.gallery.example/a/Spring/17.jpg?s=full"
FOLDER = "https://files.gallery.example/u/8812/"
# What is reported, what must become of it, and why.
REPORTS = (
    (LISTED, Verdict.KNOWN, "as it was listed"),
    ("http://WWW.Gallery.example:80/a/./Spring/17%2Ejpg?s=full#top", Verdict.KNOWN, "another spelling"),
    ("hxxps://www[.]gallery[.]example/a/Spring/17.jpg?s=full&fbclid=IwAR", Verdict.KNOWN, "defanged, and clicked"),
    ("https://gallery.example/a/Spring/17.jpg?s=full", Verdict.LIKELY, "without www: probably, so it is shown"),
    ("https://www.gallery.example/a/spring/17.jpg?s=full", Verdict.NEW, "other letter case: another file"),
    ("https://www.gallery.example/a/Spring/17.jpg?s=small", Verdict.NEW, "another query"),
    ("https://www.gallery.example@evil.example/a/Spring/17.jpg?s=full", Verdict.NEW, "another host, behind an @"),
    ("https://www.gаllery.example/a/Spring/17.jpg?s=full", Verdict.NEW, "a Cyrillic а in the host"),
    ("https://www.gallery.example/", Verdict.NEW, "the site itself: only the page is listed"),
    (FOLDER + "2/31.jpg", Verdict.KNOWN, "below a folder that is listed"),
    ("https://files.gallery.example/u/88121/31.jpg", Verdict.NEW, "a folder whose name begins alike"),
)  # fmt: skip


class PageReport(msgspec.Struct, frozen=True):
    """What became of one reported URL. expected: what must."""

    why: str
    url: str
    verdict: Verdict | None
    expected: Verdict


class Pages(msgspec.Struct, frozen=True):
    """The whole act. covered, recent: what the proposal of the whole site said."""

    reports: list[PageReport]
    covered: int
    recent: int

    @property
    def wrong(self) -> list[PageReport]:
        """Reports that became what they must not."""
        return [report for report in self.reports if report.verdict is not report.expected]


def report_pages(client: HashsvcClient) -> Pages:
    """List a page and a folder, report their spellings and look-alikes, and propose the whole site."""
    first, second = client.acting_as(FIRST), client.acting_as(SECOND)
    for text, scope in ((LISTED, Scope.PAGE), (FOLDER, Scope.PREFIX)):
        entry = first.propose(Content(SOURCE, (_signal(text, scope),))).entry
        second.confirm(entry.entry_id)
    results = client.check_many([((text, expected, why), [_signal(text)]) for text, expected, why in REPORTS])
    reports = [PageReport(result.id[2], result.id[0], result.verdict, result.id[1]) for result in results]
    site = first.propose(Content(SOURCE, (_signal("https://gallery.example/", Scope.DOMAIN),)))
    second.reject(site.entry.entry_id, reason_code="too_wide")
    (notice,) = site.url_notices
    return Pages(reports, notice.covered_entry_count, notice.recent_check_count)


def _signal(text: str, scope: Scope = Scope.PAGE) -> Signal:
    return Signal(URL, text.encode(), url=UrlFacts(int(scope)))
