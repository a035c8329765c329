"""Journals over a real service of two workers: what partners were told is listed by either, also after kills."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from hashsvc.cli.main import main
from hashsvc.client import AffectedCheck, HashsvcClient, ServerError, Verdict
from hashsvc.server.journal.writer import files_of, folder_of
from hashsvc.v1 import case_service_pb2 as pb
from tests.e2e.service import Service
from tests.e2e.wire import Wire, content
from tests.hashlist.lists import signals_of

NewService = Callable[..., Service]


def eventually(what: Callable[[], bool], timeout_s: float = 60) -> None:
    until = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.1)


def confirmed(client: HashsvcClient, n: int) -> str:
    """An entry that two people agreed to. Returns its id."""
    entry_id = client.propose(content(n)).entry.entry_id
    client.acting_as("bob").confirm(entry_id)
    return entry_id


def matches(client: HashsvcClient, entry_id: str, page_size: int = 100) -> list[AffectedCheck]:
    """All checks that an entry was met in, page by page."""
    found: list[AffectedCheck] = []
    token = ""
    while True:
        page = client.list_affected(entry_id, page_size=page_size, page_token=token)
        assert page.damaged_file_count == 0
        found += page.checks
        token = page.next_page_token
        if not token:
            return found


def test_a_retraction_is_told_to_whom_either_worker_answered(clients: list[HashsvcClient], n: int) -> None:
    """Confirm, partners check over both workers, retract: each of their items is listed, by either worker."""
    entry_id, other = confirmed(clients[0], n), confirmed(clients[0], n + 1)
    partners = [client.acting_as(name) for client, name in zip(clients, ("big", "small"), strict=True)]
    expected = []
    for turn in range(10):
        partner = partners[turn % 2]
        assert partner.check(signals_of(n), caller_reference=f"case {turn}").verdict is Verdict.KNOWN
        expected.append(("big" if turn % 2 == 0 else "small", f"case {turn}", 0, Verdict.KNOWN))
    items = [(i, signals_of(n + i % 3)) for i in range(9)]  # 0, 3, 6: ours; 1, 4, 7: the other; 2, 5, 8: unknown
    assert sum(one.verdict is Verdict.KNOWN for one in partners[1].check_many(items, caller_reference="bulk")) == 6
    expected += [("small", "bulk", item, Verdict.KNOWN) for item in (0, 3, 6)]
    clients[1].acting_as("cleo").retract(entry_id, reason_code="QA")
    assert partners[0].check(signals_of(n), caller_reference="later").verdict is Verdict.LIKELY
    expected.append(("big", "later", 0, Verdict.LIKELY))
    clients[0].acting_as("dan").confirm_retraction(entry_id)
    assert partners[1].check(signals_of(n), caller_reference="gone").verdict is Verdict.NEW
    for client in clients:
        told = matches(client, entry_id, page_size=3)
        assert [(one.actor, one.caller_reference, one.item, one.verdict) for one in told] == expected
        assert [one.sequence for one in told] == sorted(one.sequence for one in told)
        assert [one.time_us for one in told] == sorted(one.time_us for one in told)
        assert [one.item for one in matches(client, other)] == [1, 4, 7]


def test_the_command_lists_matches(service: Service, clients: list[HashsvcClient], n: int) -> None:
    """`hashsvc case affected` writes a line a check, says that more may come, and refuses an id that nobody knows."""
    entry_id = confirmed(clients[0], n)
    clients[1].acting_as("partner").check(signals_of(n), caller_reference="case 7")
    ran = CliRunner().invoke(main, ["case", "affected", entry_id, "--server", service.address])
    assert (ran.exit_code, ran.stderr) == (0, "0 items of reports, 1 check; the entry stands, so more may come\n")
    [line] = map(json.loads, ran.stdout.splitlines())
    assert line.pop("time").startswith("20")
    assert line.pop("sequence") > 0
    assert line == {
        "kind": "check",
        "actor": "partner",
        "reference": "case 7",
        "item": 0,
        "verdict": "KNOWN",
        "epoch": 1,
    }
    ran = CliRunner().invoke(main, ["case", "affected", "ab" * 16, "--server", service.address])
    assert (ran.exit_code, "UNKNOWN_ENTRY" in ran.stderr) == (1, True)


def test_what_is_wrong_is_refused_by_name(service: Service, clients: list[HashsvcClient], n: int) -> None:
    """A bad id, page size or token is named; a position that the list has not reached is refused."""
    entry_id = confirmed(clients[0], n)
    wire = Wire(service.address)
    bad = wire.refused("ListAffected", pb.ListAffectedRequest(entry_id="x"))
    assert bad == ("INVALID_ARGUMENT", "BAD_ID", "entry_id")
    bad = wire.refused("ListAffected", pb.ListAffectedRequest(entry_id=entry_id, page_size=-1))
    assert bad == ("INVALID_ARGUMENT", "BAD_PAGE_SIZE", "page_size")
    bad = wire.refused("ListAffected", pb.ListAffectedRequest(entry_id=entry_id, page_token="1-00000000"))
    assert bad == ("INVALID_ARGUMENT", "BAD_PAGE_TOKEN", "page_token")
    far = pb.ListAffectedRequest(entry_id=entry_id)
    far.at_least.sequence = 1 << 40
    assert wire.refused("ListAffected", far)[:2] == ("OUT_OF_RANGE", "FUTURE_SEQUENCE")
    assert wire.health("CaseService") == "SERVING"
    wire.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_was_answered_is_listed_after_every_process_was_killed(new_service: NewService, tmp_path: Path) -> None:
    """Both workers answer, everything is killed at once, a new service lists each match; and again after a stop."""
    service = new_service()
    pair = service.clients("ann")
    entry_id = confirmed(pair[0], 1)
    told: list[str] = []
    for turn in range(200):
        name = f"case {turn}"
        try:
            assert pair[turn % 2].check(signals_of(1), caller_reference=name).verdict is Verdict.KNOWN
        except ServerError:
            break
        told.append(name)
        if turn == 150:
            service.kill_all()
    assert len(told) > 150
    for _ in range(2):
        again = Service(service.data, tmp_path / "again")
        service.process = again.process
        with HashsvcClient(again.address, "ann") as client:
            assert [one.caller_reference for one in matches(client, entry_id, 7)] == told
            assert client.check(signals_of(1), caller_reference="again").verdict is Verdict.KNOWN
        told.append("again")
        assert again.stop() == 0
    files = files_of(folder_of(service.data))
    assert len(files) >= 3  # that of one worker, each time, and nothing empty
    assert all(one.path.stat().st_size < 64 * 1024 for one in files)  # no room is left behind


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_keeper_erases_journals_by_age(new_service: NewService) -> None:
    """With journal_days=1 a file of 1999 is gone soon after the start, one of today stays."""
    service = new_service()
    data = service.data
    folder = folder_of(data)
    service.stop()
    old = folder / f"19990101-0-{'a' * 12}.journal"
    old.write_bytes(b"hashsvc-journal 1\n")
    service = new_service("journal_days=1", data=data)
    with HashsvcClient(service.address, "ann") as client:
        entry_id = confirmed(client, 1)
        client.check(signals_of(1), caller_reference="case 1")
        eventually(lambda: not old.exists())
        assert [one.caller_reference for one in matches(client, entry_id)] == ["case 1"]
    assert service.stop() == 0
    assert [event["file_count"] for event in service.events() if event["event"] == "journals erased"] == [1]
