"""URLs on the command line: checked, checked privately, proposed, seen live, and through a file and back.

Where the claim is about the list, a real one is served in this process.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hashsvc.cli import entry as entry_commands
from hashsvc.client import Content, HashsvcClient, UrlNotice, UrlScope
from hashsvc.client.values import Entry
from hashsvc.errors import FailedPrecondition, InvalidArgument
from hashsvc.limits import BULK_BYTES_MAX, SEEN_LIVE_MAX
from hashsvc.signals import MD5, PDQ, URL, Signal, UrlFacts
from hashsvc.signals.url_entries import WARNING_TEXTS
from hashsvc.signals.url_expressions import Scope, expression_hash
from hashsvc.v1 import check_service_pb2
from tests.cli.conftest import Ran, Run
from tests.cli.real import serving
from tests.client.fake import ENTRY_ID, Fake
from tests.client.test_urls import NOTICE, listed

PAGE = "https://cats.example/a/1.jpg"
MD5_HEX = "0123456789abcdef" * 2
SEEN = "2026-01-02T03:04:05.678901Z"
SEEN_US = 1_767_323_045_678_901

OnList = Callable[..., Ran]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real list that lists a page, a folder and a site, all confirmed."""
    with serving(tmp_path_factory.mktemp("list") / "data") as address:
        fill(
            address,
            Signal(URL, PAGE.encode(), url=UrlFacts()),
            Signal(URL, b"https://www.dogs.example/", url=UrlFacts(int(Scope.DOMAIN))),
            Signal(MD5, bytes.fromhex(MD5_HEX)),
        )
        yield address


@pytest.fixture
def on_list(run: Run, address: str) -> OnList:
    """Run a command against the real list."""
    return lambda *arguments, **how: run(*arguments, server=address, **how)


def fill(address: str, *signals: Signal) -> None:
    """Put signals on a list, each as a confirmed entry of its own."""
    with HashsvcClient(address, "ann") as client:
        for signal in signals:
            entry = client.propose(Content("iwf", (signal,))).entry
            client.acting_as("bob").confirm(entry.entry_id)


# ---------------------------------------------------------------- check


def test_a_url_is_checked_by_an_option(on_list: OnList) -> None:
    """However it is spelt, the page is met; another page is NEW. --url may be repeated for a chain of redirects."""
    for text in (PAGE, "http://CATS.example:80/a/./1.jpg?utm_source=x#top", "hxxp://cats[.]example/a/1.jpg"):
        ran = on_list("check", "--url", text)
        assert (ran.exit_code, ran.line["verdict"]) == (0, "KNOWN")
        (evidence,) = ran.line["evidence"]
        assert (evidence["signal"], evidence["url_scope"], evidence["query_index"]) == ("url", "PAGE", 0)
    assert on_list("check", "--url", "https://cats.example/a/2.jpg").line["verdict"] == "NEW"
    chain = on_list("check", "--url", "https://t.example/x", "--url", "https://x.www.dogs.example/y").line
    assert (chain["verdict"], chain["evidence"][0]["query_index"]) == ("KNOWN", 1)
    assert chain["evidence"][0]["url_scope"] == "DOMAIN"


def test_an_embedded_url_is_shown_and_does_not_close(on_list: OnList) -> None:
    """A page that contains a listed picture is for people to look at, privately asked or not."""
    for private in ([], ["--private"]):
        ran = on_list("check", "--url", "https://birds.example/", "--embedded-url", PAGE, *private)
        assert ran.line["verdict"] == "LIKELY", private
        ran = on_list("check", "--embedded-url", PAGE, "--url", PAGE, *private)
        assert ran.line["verdict"] == "KNOWN", private
    assert on_list("check", "--url", "https://birds.example/", "--embedded-url", PAGE).line["evidence"][0]["caps"] == [
        "EMBEDDED"
    ]


@pytest.mark.parametrize("option", ["--url", "--embedded-url"])
def test_a_url_that_is_too_long_is_wrong_usage(run: Run, fake: Fake, option: str) -> None:
    """It is told with its option before anybody is asked, without the URL."""
    ran = run("check", option, "https://cats.example/" + "a" * 9000)
    assert (ran.exit_code, fake.seen) == (2, [])
    assert option in ran.stderr
    assert "cats" not in ran.stderr


def test_what_is_no_url_is_told_without_it(on_list: OnList) -> None:
    """The reason says what is right; no part of what was given is repeated."""
    ran = on_list("check", "--url", "kitten")
    assert ran.exit_code == 1
    assert "INVALID_URL" in ran.stderr
    assert "kitten" not in ran.stderr


ITEMS = "".join(
    json.dumps(item) + "\n"
    for item in (
        {"id": "page", "url": PAGE + "?fbclid=x"},
        {"id": "chain", "url": ["https://t.example/1", "https://www.dogs.example/"]},
        {"id": "new", "url": "https://cats.example/"},
        {"id": "both", "url": "https://cats.example/", "md5": MD5_HEX},
        {"id": "half", "url": ["no url", 7, PAGE]},
        {"url": "no url"},
    )
)
VERDICTS = [("page", "KNOWN"), ("chain", "KNOWN"), ("new", "NEW"), ("both", "KNOWN"), ("half", "KNOWN"), (None, None)]


@pytest.mark.parametrize("private", [[], ["--private"]])
def test_items_of_a_file_may_have_urls(on_list: OnList, tmp_path: Path, private: list[str]) -> None:
    """From a file or stdin, in full or by prefix: the same verdicts in the same order, and the same problems."""
    file = tmp_path / "items.jsonl"
    file.write_text(ITEMS)
    for ran in (on_list("check", str(file), *private), on_list("check", "-", *private, stdin=ITEMS)):
        assert ran.exit_code == 0
        assert [(line["id"], line["verdict"]) for line in ran.lines] == VERDICTS
        problems = [[(one["field"], one["reason"]) for one in line["problems"]] for line in ran.lines]
        assert problems == [[], [], [], [], [("url[1]", "BAD_TYPE"), ("url", "INVALID_URL")], [("url", "INVALID_URL")]]
        assert ran.lines[-1]["line"] == 6
        assert "6 items, 1 of them not checked" in ran.stderr


def test_a_private_check_sends_no_more_than_prefixes(fake: Fake, run: Run) -> None:
    """Nothing of the item but the first bytes of hashes goes out, and what a prefix cannot find is told."""
    digest = expression_hash("cats.example/a/1.jpg")
    fake.listed = {
        URL: [
            check_service_pb2.PrefixMatch(
                hash=digest,
                verdict=check_service_pb2.VERDICT_KNOWN,
                url_scope=1,  # type: ignore[arg-type]
                url_form=check_service_pb2.URL_FORM_AS_WRITTEN,
                entry_id=ENTRY_ID,
            )
        ]
    }
    ran = run("check", "--private", "--url", PAGE, "--pdq", "0123456789abcdef" * 4, "--id", "x")
    assert (ran.exit_code, ran.line["id"], ran.line["verdict"]) == (0, "x", "KNOWN")
    assert ran.line["matches"] == [{"entry": ENTRY_ID, "signal": "url", "verdict": "KNOWN", "url_scope": "PAGE"}]
    assert [(one["field"], one["reason"]) for one in ran.line["problems"]] == [("signals[0]", "NO_PREFIXES")]
    assert {name for name, _, _ in fake.seen} == {"CheckPrefixes"}
    assert not any(b"cats" in request.SerializeToString() for _, request, _ in fake.seen)


@pytest.mark.parametrize("option", [("--effort", "thorough"), ("--evidence", "3"), ("--reference", "case 7")])
def test_a_private_check_says_what_it_cannot_heed(fake: Fake, run: Run, option: tuple[str, str]) -> None:
    """An option that a look-up by prefix has no use for is wrong usage, not passed over; nothing is sent."""
    ran = run("check", "--private", "--url", PAGE, *option)
    assert (ran.exit_code, fake.seen) == (2, [])
    assert option[0] in ran.stderr


def test_a_server_without_private_lookups_says_so(fake: Fake, run: Run) -> None:
    """The check fails and is not made in the open instead."""
    fake.failures.append(FailedPrecondition("PRIVATE_LOOKUPS_OFF", "off"))
    ran = run("check", "--private", "--url", PAGE)
    assert ran.exit_code == 1
    assert "PRIVATE_LOOKUPS_OFF" in ran.stderr
    assert {name for name, _, _ in fake.seen} == {"CheckPrefixes"}


# ---------------------------------------------------------------- propose, show


def test_what_to_know_before_confirming_is_said_in_words(fake: Fake, run: Run) -> None:
    """Warnings and what a wide URL covers go to stderr for people, and to stdout for programs."""
    fake.notices, fake.url = [NOTICE], listed()
    propose = ["entry", "propose", "--source", "iwf", "--url", "https://www.cats.example/", "--url-scope", "DOMAIN"]
    for command in (
        [*propose, "--actor", "ann"],
        ["entry", "amend", ENTRY_ID, "--url", PAGE, "--actor", "ann"],
        ["entry", "show", ENTRY_ID],
    ):
        ran = run(*command)
        assert ran.exit_code == 0
        assert f"signal 1: {WARNING_TEXTS['mixed_script']}" in ran.stderr
        assert "signal 1: this DOMAIN covers 3 or more other entries and about 40 checks of the last day" in ran.stderr
        (told,) = ran.line["url_notices"]
        assert (told["scope"], told["warnings"], told["recent_check_count"]) == ("DOMAIN", ["mixed_script"], 40)
    (proposed,) = fake.requests("ProposeEntry")
    assert [(one.value, one.url.scope) for one in proposed.content.signals] == [(b"https://www.cats.example/", 5)]


@pytest.mark.parametrize(
    ("covered", "more", "checks", "error", "words"),
    [
        (0, False, 0, 0, "covers no other entry and no check of the last day"),
        (1, False, 1, 0, "covers 1 other entry and 1 check of the last day"),
        (2, False, 1, 3, "covers 2 other entries and about 1 check of the last day (too high by 3 at most)"),
        (10_000, True, 1_234, 0, "covers 10,000 or more other entries and 1,234 checks of the last day"),
        (0, False, 0, 9, "covers no other entry and no check of the last day"),
    ],
)
def test_counts_read_naturally(
    capsys: pytest.CaptureFixture[str], covered: int, more: bool, checks: int, error: int, words: str
) -> None:
    """None, one and many are each said as people say them."""
    notice = UrlNotice(0, UrlScope.PREFIX, (), covered, more, checks, error)
    entry_commands._write({}, (notice,))
    assert capsys.readouterr().err == f"signal 0: this PREFIX {words}\n"


def test_a_proposed_site_tells_what_lies_below_it(on_list: OnList) -> None:
    """Entries and checks below it are counted; a page has nothing below it and says nothing."""
    on_list("check", "--url", "https://x.wide.example/1")
    on_list("entry", "propose", "--source", "iwf", "--url", "https://y.wide.example/2", "--actor", "ann")
    wide = ["entry", "propose", "--source", "iwf", "--url", "https://wide.example", "--url-scope", "domain"]
    ran = on_list(*wide, "--actor", "ann")
    (notice,) = ran.line["url_notices"]
    assert notice["covered_entry_count"] == 1
    assert notice["recent_check_count"] >= 1
    assert "this DOMAIN covers 1 other entry and about" in ran.stderr
    page = on_list("entry", "propose", "--source", "iwf", "--url", "https://birds.example/1.jpg", "--actor", "ann")
    assert "url_notices" not in page.line
    assert "covers" not in page.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--url", "https://co.uk/", "--url-scope", "domain"], "PUBLIC_SUFFIX"),
        (["--url", "hxxp://cats.example/"], "UNSUPPORTED_SCHEME"),
        (["--url", "https://cats.example/", "--url-scope", "host", "--query-exact"], "query_exact"),
    ],
)
def test_a_url_that_may_not_be_listed_is_refused(on_list: OnList, arguments: list[str], words: str) -> None:
    """The reason is told, the URL is not, and the list does not change."""
    before = on_list("stats").line["sequence"]
    ran = on_list("entry", "propose", "--source", "iwf", *arguments, "--actor", "ann")
    assert ran.exit_code == 1
    assert words in ran.stderr
    assert "co.uk" not in ran.stderr
    assert "cats" not in ran.stderr
    assert on_list("stats").line["sequence"] == before


def test_a_listed_url_is_shown_with_what_it_stands_for(on_list: OnList) -> None:
    """Show says how it was written, its scope, its expression, when it was seen live and by what rules."""
    proposed = on_list(
        "entry", "propose", "--source", "iwf", "--url", "HTTPS://Cats.example/b?utm_x=1", "--query-exact", "--md5",
        "77" * 16, "--actor", "ann",
    )  # fmt: skip
    shown = on_list("entry", "show", proposed.line["entry"]).line
    digest, url = sorted(shown["signals"], key=lambda one: one["type"])
    assert "scope" not in digest
    assert (url["value"], url["scope"], url["query_exact"]) == ("HTTPS://Cats.example/b?utm_x=1", "page", True)
    assert url["expression"] == "cats.example/b?utm_x=1"
    assert url["seen_live"] == shown["created"]
    assert len(url["suffix_list"]) == 8


def test_a_scope_that_this_client_does_not_know_is_shown(fake: Fake, run: Run) -> None:
    """A newer server's entry is shown, its scope unspecified."""
    fake.url = listed()
    fake.url.signal.url.scope = 9  # type: ignore[assignment]
    assert run("entry", "show", ENTRY_ID).line["signals"][1]["scope"] == "unspecified"


# ---------------------------------------------------------------- seen live


def test_seen_live_takes_entries_and_urls(on_list: OnList, tmp_path: Path) -> None:
    """By id, by option and from a file; what the list does not hold is told by its place and stops nothing."""
    made = [
        on_list("entry", "propose", "--source", "iwf", "--url", f"https://seen.example/{n}", "--actor", "ann").line
        for n in range(3)
    ]
    file = tmp_path / "live.txt"
    file.write_text("\nhttps://seen.example/2?utm_x=1\n\n  http://SEEN.example/1 \r\nhttps://none.example/\nno url\n")
    ran = on_list(
        "entry", "seen-live", made[0]["entry"], "ee" * 16, "--url", "https://seen.example/0", "--urls-file", str(file),
        "--actor", "cleo",
    )  # fmt: skip
    assert ran.exit_code == 0
    assert (ran.line["renewed"], ran.line["unchanged"]) == (3, 0)
    places = sorted(line.partition(":")[0] for line in ran.stderr.splitlines())
    assert places == ["entry_ids[1]", "urls[3]", "urls[4]"]
    assert "example" not in ran.stderr
    for before in made:
        after = on_list("entry", "show", before["entry"]).line
        assert after["signals"][0]["seen_live"] > before["signals"][0]["seen_live"]
        assert after["state"] == "PROPOSED", "it confirms nothing"


def test_seen_live_takes_a_time(on_list: OnList) -> None:
    """An earlier time than is known changes nothing; one ahead of the clock, or without a zone, is refused."""
    live = ["entry", "seen-live", "--url", PAGE, "--actor", "ann"]
    assert on_list(*live, "--at", SEEN).line["renewed"] == 0
    assert on_list(*live, "--at", SEEN).line["unchanged"] == 1
    ahead = on_list(*live, "--at", "2990-01-01T00:00:00Z")
    assert ahead.exit_code == 1
    assert "IN_THE_FUTURE" in ahead.stderr
    for wrong in ("2026-01-02T03:04:05", "yesterday"):
        ran = on_list(*live, "--at", wrong)
        assert ran.exit_code == 2
        assert "--at" in ran.stderr


def test_seen_live_reads_stdin_and_sends_the_time(fake: Fake, run: Run) -> None:
    """`-` is stdin; a time travels to the microsecond, and without one the server takes its own."""
    assert run("entry", "seen-live", "--urls-file", "-", "--at", SEEN, "--actor", "ann", stdin=PAGE).exit_code == 0
    assert run("entry", "seen-live", ENTRY_ID, "--actor", "ann", "--request-id", "mine").exit_code == 0
    first, second = fake.requests("MarkSeenLive")
    assert (list(first.urls), first.seen_live_time.ToMicroseconds()) == ([PAGE], SEEN_US)
    assert (list(second.entry_ids), second.HasField("seen_live_time"), second.request_id) == ([ENTRY_ID], False, "mine")


def test_many_that_were_seen_live_go_in_several_calls(fake: Fake, run: Run) -> None:
    """At most 5,000 URLs a call; counts are summed, and problems are told by their place among all."""
    urls = [f"https://{'unknown' if n in (3, 5000, 11_999) else 'cats'}.example/{n}" for n in range(12_000)]
    ran = run("entry", "seen-live", ENTRY_ID, "--urls-file", "-", "--actor", "ann", stdin="\n".join(urls))
    assert ran.exit_code == 0
    assert ran.line["renewed"] == 11_998
    assert ran.stderr.splitlines() == [f"urls[{n}]: not on the list" for n in (3, 5000, 11_999)]
    requests = fake.requests("MarkSeenLive")
    assert [len(request.urls) for request in requests] == [SEEN_LIVE_MAX, SEEN_LIVE_MAX, 2000]
    assert [len(request.entry_ids) for request in requests] == [1, 0, 0]
    assert len({request.request_id for request in requests}) == 3
    refused = run(
        "entry", "seen-live", "--urls-file", "-", "--request-id", "x", "--actor", "ann", stdin="\n".join(urls)
    )
    assert refused.exit_code == 2


def test_many_entries_go_in_several_calls_too(fake: Fake, run: Run) -> None:
    """Entries are told by their place among all, whatever goes with them."""
    ids = [f"{n:032x}" for n in range(SEEN_LIVE_MAX)] + ["unknown"]
    ran = run("entry", "seen-live", *ids, "--url", "https://unknown.example/", "--actor", "ann")
    assert ran.stderr.splitlines() == ["urls[0]: not on the list", f"entry_ids[{SEEN_LIVE_MAX}]: not on the list"]
    assert [len(request.entry_ids) for request in fake.requests("MarkSeenLive")] == [SEEN_LIVE_MAX, 1]


def test_long_urls_are_cut_by_bytes(fake: Fake, run: Run) -> None:
    """No call is larger than 4 MiB, however long the URLs are."""
    urls = [f"https://cats.example/{'я' * (n % 3500)}" for n in range(3000)]
    ran = run("entry", "seen-live", "--urls-file", "-", "--actor", "ann", stdin="\n".join(urls))
    assert ran.line["renewed"] == 3000
    requests = fake.requests("MarkSeenLive")
    assert len(requests) > 2
    assert all(request.ByteSize() <= BULK_BYTES_MAX for request in requests)
    assert [url for request in requests for url in request.urls] == urls


def test_seen_live_needs_somebody_and_something(run: Run, tmp_path: Path) -> None:
    """An actor, and an entry or a URL; a file that is no text is told as one."""
    assert run("entry", "seen-live", ENTRY_ID).exit_code == 2
    assert run("entry", "seen-live", "--actor", "ann").exit_code == 2
    assert run("entry", "seen-live", "--urls-file", "-", "--actor", "ann", stdin="\n\n").exit_code == 2
    wrong = run("entry", "seen-live", "--urls-file", "-", "--actor", "ann", stdin=b"\xff\xfe\x00")
    assert (wrong.exit_code, "not UTF-8" in wrong.stderr) == (2, True)


def test_a_refusal_of_seen_live_has_status_1(fake: Fake, run: Run) -> None:
    """What the server refuses is told with its reason."""
    fake.failures.append(InvalidArgument("TOO_MANY", "too many URLs of the list", field="entry_ids"))
    ran = run("entry", "seen-live", ENTRY_ID, "--actor", "ann")
    assert (ran.exit_code, "TOO_MANY" in ran.stderr) == (1, True)


# ---------------------------------------------------------------- files

LISTED = [
    Content("iwf", (Signal(URL, PAGE.encode(), url=UrlFacts(1, False, SEEN_US)),)),
    Content("iwf", (Signal(URL, b"https://cats.example/?utm_x=1&b=2", url=UrlFacts(1, True, 1)),)),
    Content("iwf", (Signal(URL, b"http://user@cats.example:8080/watch?v=1#part", url=UrlFacts(2, False, 5)),), "test"),
    Content("inhope", (Signal(URL, b"https://cats.example/a/b/", url=UrlFacts(3)),)),
    Content("inhope", (Signal(URL, b"https://x.cats.example/", url=UrlFacts(4)),), content_id="c1"),
    Content("inhope", (Signal(URL, "https://Мурка.example".encode(), url=UrlFacts(5, False, SEEN_US)),)),
    Content("inhope", (Signal(URL, b'https://cats.example/"q",x\t;\xc2\xa0', url=UrlFacts(1, False, 2)),)),
    Content(
        "inhope",
        (
            Signal(MD5, bytes.fromhex(MD5_HEX)),
            Signal(URL, PAGE.encode(), url=UrlFacts(1, False, 3)),
            Signal(URL, PAGE.encode(), url=UrlFacts(2, False, 4)),
            Signal(PDQ, bytes.fromhex("0123456789abcdef" * 4), 80),
        ),
        content_id="c2",
    ),
]


def entries_of(address: str) -> list[tuple[Any, ...]]:
    """What a list says of its entries, without what it gives them itself: ids, times of writing, batches.

    Of a URL its expression stands for its text, which CSV may have to write in another way.
    """

    def told(entry: Entry) -> tuple[Any, ...]:
        signals = [(one.signal.url, one.url) if one.url else (one.signal, None) for one in entry.signals]
        return entry.source, entry.environment, entry.content_id, sorted(signals, key=repr), entry.details

    with HashsvcClient(address) as client:
        return sorted((told(entry) for entry in client.list_entries()), key=repr)


@pytest.mark.parametrize("format_name", ["jsonl", "csv"])
def test_an_export_makes_the_same_list_again(run: Run, tmp_path: Path, format_name: str) -> None:
    """Scope, exact query, text and the time it was seen live go into the file and come out of it.

    The file again into the list that it came from changes nothing.
    """
    file = tmp_path / f"out.{format_name}"
    with serving(tmp_path / "first") as first, serving(tmp_path / "second") as second:
        with HashsvcClient(first, "ann") as client:
            for content in LISTED:
                client.acting_as("bob").confirm(client.propose(content).entry.entry_id)
        out = ["export", "--format", format_name, "-o", str(file)]
        assert run(*out, server=first).exit_code == 0
        again = run("import", str(file), server=first)
        assert (again.line["inserted"], again.line["amended"], again.line["rejections"]) == (0, 0, [])
        ran = run("import", str(file), "--apply", "--actor", "ann", server=second)
        assert (ran.exit_code, ran.line["rejections"]) == (0, [])
        assert ran.line["inserted"] == len(LISTED)
        assert run("batch", "confirm", ran.line["batch"], "--actor", "bob", server=second).exit_code == 0
        came_back = tmp_path / f"back.{format_name}"
        assert run(*out[:-1], str(came_back), server=second).exit_code == 0
        assert entries_of(first) == entries_of(second)
        for server in (first, second):
            stale = run("check", "--url", PAGE, server=server).line
            assert (stale["verdict"], stale["evidence"][0]["caps"]) == ("LIKELY", ["NOT_SEEN_LIVE"])
            assert run("check", "--url", "http://a.мурка.example/x", server=server).line["verdict"] == "KNOWN"
    assert sorted(file.read_text().splitlines()) == sorted(came_back.read_text().splitlines())


def test_an_import_tells_which_urls_it_refuses(on_list: OnList, tmp_path: Path) -> None:
    """By line, field and reason, without the URL; the others of its entry, and of the file, are used."""
    good = {"type": "url", "value": "https://import.example/1"}
    lines = [
        [good, {"type": "url", "value": "https://co.uk/", "scope": "domain"}],
        [{"type": "url", "value": "http://10.0.0.1/x"}],
        [{"type": "url", "value": "https://import.example/2", "scope": "everything"}],
        [{"type": "url", "value": "https://import.example/3", "seen_live": "2026-01-01"}],
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({"source": "iwf", "fingerprints": one}) + "\n" for one in lines))
    ran = on_list("import", str(path))
    found = [(one["line"], one["field"], one["reason"], one["whole"]) for one in ran.line["rejections"]]
    assert found == [
        (1, "fingerprints[1].value", "PUBLIC_SUFFIX", False),
        (2, "fingerprints[0].value", "NOT_PUBLIC", True),
        (3, "fingerprints[0].scope", "BAD_SCOPE", True),
        (4, "fingerprints[0].seen_live", "BAD_TIME", True),
    ]
    assert (ran.line["inserted"], ran.line["rejected"]) == (1, 3)
    assert "3 entries were refused whole; 1 fingerprint was left out" in ran.stderr
    assert not any("import.example" in text or "co.uk" in text for text in (ran.stdout, ran.stderr))


# ---------------------------------------------------------------- a terminal


def on_terminal(address: str, *arguments: str, stdin: str = "") -> str:
    """Run a command whose stdout is a terminal, and give what stands there."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "hashsvc.cli", *arguments]
    environment = {**os.environ, "HASHSVC_SERVER": address, "TERM": "dumb"}
    done = subprocess.run(
        command, input=stdin, stdout=theirs, stderr=subprocess.PIPE, env=environment, text=True, check=True
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # what Linux says at the end
            break
        shown += part
        if not part:
            break
    os.close(ours)
    return shown.decode().replace("\r\n", "\n") + done.stderr


def test_a_person_sees_tables(address: str, on_list: OnList) -> None:
    """On a terminal an entry is a table with its scope in it, a verdict a line, and what to know is said in words."""
    propose = ["entry", "propose", "--source", "iwf", "--url", "http://[2606:4700::1111]/[x].html#top"]
    entry_id = on_list(*propose, "--actor", "ann").line["entry"]
    shown = on_terminal(address, "entry", "show", entry_id)
    told = "type url value http://[2606:4700::1111]/[x].html#top scope page"
    assert told in " ".join(shown.split())
    assert " state PROPOSED people ann PROPOSER" in " ".join(shown.split())
    assert f"signal 0: {WARNING_TEXTS['fragment_dropped']}" in shown
    assert "covered_entry_count" not in shown
    assert "{" not in shown
    for private, told in (([], "url, PAGE, CONFIRMED"), (["--private"], "url PAGE")):
        shown = on_terminal(address, "check", "-", *private, stdin=ITEMS)
        assert shown.startswith("KNOWN    page\n         entry ")
        assert told in shown
        assert "NEW      new\n" in shown
        assert "NOT CHECKED line 6\n         url: " in shown
        assert "6 items, 1 of them not checked" in shown
