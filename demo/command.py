"""`python -m demo`: the whole story, told as it happens; results as tables, JSON and a chart."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo import chart, day_chart, people, service
from demo.corpus import DEFAULT_PATH, Corpus, Picture, read_corpus
from demo.day import Day, play_day
from demo.day_told import tell
from demo.intake import CONNECTIONS, Listed, Played, play
from demo.pages import Pages, report_pages
from hashsvc.cli.extras import needs
from hashsvc.cli.failures import Failed, told
from hashsvc.cli.output import VERDICT_STYLES, say
from hashsvc.client import Effort, HashsvcClient
from hashsvc.limits import PAGE_SIZE_MAX
from hashsvc.signals import PDQ

WORKERS = 2
SETTINGS = ("report_verdicts=true", f"seniors={people.SENIOR}")
TABLE_COLUMNS = 110


class _Command(click.Command):
    """Turns errors into exit statuses as `hashsvc` does."""

    def invoke(self, ctx: click.Context) -> Any:
        with told():
            return super().invoke(ctx)


@click.command(cls=_Command, epilog="Example: python -m demo --out demo-out")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="demo-out",
    show_default=True,
    help="For the results.",
)
@click.option(
    "--corpus",
    "corpus_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_PATH,
    help="Fingerprints of pictures and their edits. Default: data/pictures_dev.jsonl.gz.",
)
@needs("charts")
def demo(out: Path, corpus_path: Path) -> None:
    """Start a service, fill it, ask it, confirm, retract, play a day at a hotline, kill it, verify it.

    Lists the originals of half the pictures, then checks every edit of all of them, at both efforts; lists a page, and
    checks its spellings and its look-alikes. Then a day: reports come in, analysts decide about what is new, and in the
    evening a mistake is taken back. The demo knows what each picture truly is: it fails if anything closed wrongly, or
    if the ledger's figures are not those that it counted. Everything runs in a temporary directory, on fingerprints of
    innocuous pictures and reserved host names.
    """
    started = time.monotonic()
    corpus = read_corpus(corpus_path)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hashsvc-demo-") as directory:
        results = _tell(corpus, Path(directory), out)
    results["elapsed_s"] = round(time.monotonic() - started, 1)
    encoded = msgspec.json.format(msgspec.json.encode(results), indent=2)
    (out / "demo.json").write_bytes(encoded + b"\n")
    say(f"\nresults in {out}/: {', '.join(('demo.json', *results['charts']))}; took {results['elapsed_s']:.0f} s")
    wrong = sum(run.total("wrong_known") for run in results["intake"])
    if wrong:
        raise Failed(f"{wrong} reports were closed on a picture of another group; there must be none")
    day: Day = results["day"]
    if day.wrong_closes or day.problems:
        raise Failed(f"the day went wrong in {len(day.wrong_closes) + len(day.problems)} ways; demo.json says which")
    if not results["verified"]["ok"]:
        raise Failed("the list did not verify")


def _tell(corpus: Corpus, directory: Path, out: Path) -> dict[str, Any]:
    """Run the whole story in a directory that goes away."""
    data = directory / "list"
    say("== A list, and a service of two workers")
    service.run(["init", str(data)])
    server = service.Service(data, out / "server.log", WORKERS, SETTINGS)
    try:
        imported = _fill(corpus, directory, server.address)
        with HashsvcClient(server.address, timeout_s=20.0, connections=CONNECTIONS) as client:
            listed = _listed(client, corpus)
            played = _play(client, corpus, listed)
            pages = _pages(client)
        steps = _decide(corpus, server.address, played)
        day = _day(corpus, server.address)
        survived = _kill(server, corpus, listed)
        say("\n== Stop and verify")
        status = server.stop()
        say(f"the server drained and stopped, exit status {status}")
        if status:
            raise Failed("the server did not stop cleanly; see server.log")
    finally:
        server.kill()
    verified = _verify(data)
    results: dict[str, Any] = {
        "pictures": len(corpus.pictures),
        "entries": len(listed.group_of),
        "groups_with_pdq": len(listed.with_pdq),
        "groups_by_digest_only": len(listed.by_digest),
        "import": {name: value for name, value in imported.items() if name != "rejections"},
        "intake": played,
        "pages": pages,
        "two_workers": steps,
        "day": day,
        "kill": survived,
        "stopped_cleanly": True,
        "verified": verified,
    }
    results["charts"] = _draw(played, day, results, out)
    return results


def _fill(corpus: Corpus, directory: Path, address: str) -> dict[str, Any]:
    """Import the originals of half the groups, and have a second person confirm them."""
    say(f"\n== {people.FIRST} imports the originals of half the pictures, {people.SECOND} confirms")
    file = directory / "originals.jsonl"
    with file.open("wb") as stream:
        for line in corpus.import_lines():
            stream.write(msgspec.json.encode(line) + b"\n")
    imported = service.run(["import", str(file), "--apply", "--actor", people.FIRST, "--server", address])
    reasons = sorted({rejection["reason"] for rejection in imported["rejections"]})
    say(
        f"{imported['inserted']} entries in {imported['elapsed_s']} s; {imported['rejected']} refused whole; "
        f"{len(imported['rejections'])} PDQ refused ({', '.join(reasons)}): of quality below 50, or flat"
    )
    confirmed = service.run(["batch", "confirm", imported["batch"], "--actor", people.SECOND, "--server", address])
    say(f"batch is {confirmed['state']}")
    return imported


def _listed(client: HashsvcClient, corpus: Corpus) -> Listed:
    """What came onto the list, read back from it."""
    group_of_image = {picture.image: picture.group for picture in corpus.pictures}
    group_of, with_pdq = {}, set()
    for entry in client.list_entries(page_size=PAGE_SIZE_MAX):
        group = group_of_image[entry.content_id]
        group_of[entry.entry_id] = group
        if any(one.signal.type == PDQ for one in entry.signals):
            with_pdq.add(group)
    by_digest = frozenset(group_of.values()) - with_pdq
    say(
        f"{len(with_pdq)} groups of pictures are listed with a PDQ; {len(by_digest)} by digests only, their PDQ is weak"
    )
    return Listed(group_of, frozenset(with_pdq), by_digest)


def _play(client: HashsvcClient, corpus: Corpus, listed: Listed) -> list[Played]:
    say("\n== The intake: every edit of every picture, listed or not")
    played = [play(client, corpus, effort, listed) for effort in Effort]
    console = Console()
    console.width = max(console.width, TABLE_COLUMNS)
    console.print(_table(played))
    say("shares: of pictures listed with a PDQ; wrong: of all pictures, met only pictures of other groups")
    for run in played:
        say(
            f"{run.effort}: {run.items} reports in {run.elapsed_s} s ({run.items_per_s:,.0f}/s) by workers "
            f"{run.workers}; wrong closes {run.total('wrong_known')}, wrong LIKELY {run.total('wrong_likely')}; listed "
            f"by digests only: found {run.total('digests_found')} of {run.total('digests_only')}"
        )
    return played


def _pages(client: HashsvcClient) -> Pages:
    say("\n== URLs: a page and a folder are listed; what closes, what is shown, what must not")
    pages = report_pages(client)
    table = Table("verdict", "reported", "why", box=None, pad_edge=False, header_style="dim")
    table.columns[1].overflow = "fold"
    for report in pages.reports:
        verdict = report.verdict.value if report.verdict is not None else "not checked"
        table.add_row(f"[{VERDICT_STYLES.get(verdict, 'bold magenta')}]{verdict}[/]", Text(report.url), report.why)
    console = Console()
    console.width = max(console.width, TABLE_COLUMNS)
    console.print(table)
    say(
        f"{people.FIRST} proposes the whole site: it would cover {pages.covered} entries and about {pages.recent} "
        f"checks of the last day; {people.SECOND} rejects it"
    )
    if pages.wrong:
        raise Failed(f"{len(pages.wrong)} reported URLs became what they must not: {[one.why for one in pages.wrong]}")
    return pages


def _table(played: list[Played]) -> Table:
    """Per edit the shares of listed pictures, and what was wrong among all."""
    table = Table("edit", box=None, pad_edge=False, header_style="dim")
    for run in played:
        for heading in (f"{run.effort}\nKNOWN", "\nLIKELY", "\nNEW", "wrong\ncloses", "wrong\nLIKELY"):
            table.add_column(heading, justify="right", no_wrap=True)
    for edit in played[0].edits:
        cells = []
        for run in played:
            tally = run.edits[edit]
            shares = (tally.known, tally.likely, tally.new + tally.unchecked)
            cells += [f"{count / max(1, tally.listed):.1%}" for count in shares]
            cells += [str(tally.wrong_known), str(tally.wrong_likely)]
        table.add_row(edit, *cells)
    return table


def _decide(corpus: Corpus, address: str, played: list[Played]) -> list[people.Step]:
    say("\n== Confirm and retract: told to one worker, in force at the next check in the other")
    picture = _new_picture(corpus, played)
    with people.two_workers(address) as (writing, checking):
        steps = people.confirm_and_retract(writing, checking, picture)
    for step in steps:
        verdict = step.verdict.value if step.verdict is not None else "not checked"
        caps = f" ({', '.join(step.caps)})" if step.caps else ""
        say(
            f"{step.act + ',':<28} worker {step.written_by}, sequence {step.sequence}"
            f"  →  worker {step.checked_by} at {step.seen_sequence}: {verdict}{caps}"
        )
    verdicts = [step.verdict for step in steps]
    if verdicts != ["NEW", "PENDING", "KNOWN", "LIKELY", "NEW"]:
        raise Failed(f"the other worker should have said NEW, PENDING, KNOWN, LIKELY, NEW; it said {verdicts}")
    return steps


def _new_picture(corpus: Corpus, played: list[Played]) -> Picture:
    """A picture that is like nothing on the list, good enough to be listed."""
    unlike = set.intersection(*(set(run.new_pictures) for run in played))
    for picture in corpus.pictures:
        if picture.image in unlike and picture.group not in corpus.listed_groups and picture.original.quality >= 90:
            return picture
    raise Failed("the corpus has no picture that is NEW and good enough to be listed")


def _day(corpus: Corpus, address: str) -> Day:
    say("\n== A day at the hotline: reports come in, analysts decide, and a mistake is taken back")
    with people.two_workers(address) as (intake, analysts):
        day = play_day(intake, analysts, corpus)
    tell(day)
    return day


def _kill(server: service.Service, corpus: Corpus, listed: Listed) -> dict[str, Any]:
    """Kill the whole service as a power cut would, start it again, and see that nothing acknowledged is lost."""
    say("\n== Kill -9, all processes at once")
    with HashsvcClient(server.address, timeout_s=20.0) as client:
        before, effect_before = client.stats(), client.get_effect().hotline
    killed = server.kill()
    say(f"{killed} processes killed; starting again")
    started = time.monotonic()
    server.restart()
    back_s = round(time.monotonic() - started, 2)
    with HashsvcClient(server.address, timeout_s=20.0) as client:
        after, effect_after = client.stats(), client.get_effect().hotline
        known = sum(
            result.verdict == "KNOWN"
            for result in client.check_many((picture, picture.original.signals()) for picture in corpus.listed)
        )
    sequences = f"{after.position.sequence} of {before.position.sequence}"
    say(f"back in {back_s} s at sequence {sequences}; {known} originals KNOWN")
    if after.position != before.position or known < len(listed.group_of):
        raise Failed("acknowledged changes are missing after the kill")
    if effect_after != effect_before:
        raise Failed("casework's figures are not what they were before the kill")
    return {
        "sequence_before": before.position.sequence,
        "sequence_after": after.position.sequence,
        "back_s": back_s,
        "originals_known": known,
    }


def _verify(data: Path) -> dict[str, Any]:
    """Verify the list; what is wrong is told at the end, after the results are written."""
    try:
        verified = service.run(["verify", "--data", str(data)])
    except Failed as error:
        say(error.message)
        return {"ok": False, "message": error.message}
    say(f"verified: {verified['changes']} changes replayed, every view as it should be")
    return verified


def _draw(played: list[Played], day: Day, results: dict[str, Any], out: Path) -> list[str]:
    """Draw the charts. Returns the files' names."""
    title = f"What becomes of an edited copy: {results['entries']} pictures listed, every edit reported"
    note = (
        f"Share of reports by verdict, {played[0].items:,} reports of {results['pictures']} innocuous pictures; "
        f"half listed; shares are of those listed with a PDQ. Wrong: met only pictures of other groups."
    )
    paths = [out / "demo.svg", out / "demo.png"]
    chart.draw(played, title, note, paths)
    day_paths = [out / "day.svg", out / "day.png"]
    day_chart.draw(day, day_paths)
    return [path.name for path in (*paths, *day_paths)]
