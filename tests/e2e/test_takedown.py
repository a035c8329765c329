"""Takedowns over a real service with two workers, until the content is gone, by client and by command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from hashsvc.client import NewItem, NewReport, TakedownMark, TakedownState
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.signals import URL, Signal
from tests.e2e.service import Service
from tests.hashlist.lists import signals_of

A = (("uk_abc", "A"),)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    directory = tmp_path_factory.mktemp("takedowns")
    ListStore.create(directory / "data", clock=SystemClock())
    running = Service(directory / "data", directory / "log")
    try:
        yield running
        assert running.stop() == 0
        log = (directory / "log").read_text()
        assert "site.example.com" not in log
    finally:
        running.kill_all()


def command(service: Service, *arguments: str, stdin: str = "") -> tuple[int, list[dict[str, object]]]:
    """Run `hashsvc takedown …`. Returns its exit status and its lines."""
    done = subprocess.run(
        [sys.executable, "-m", "hashsvc.cli", "takedown", *arguments, "--server", service.address],
        input=stdin, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_illegal_content_at_a_url_is_followed_until_it_is_gone_and_when_it_comes_back(service: Service) -> None:
    """Two people list a picture; its URL waits, is noticed, gone, and waits again when a later report finds it."""
    here, there = service.clients("ann")
    picture = signals_of(7_001)[0]
    url = Signal(URL, b"https://site.example.com/gallery/7")
    with here, there:
        here.submit_report(NewReport(items=[NewItem((picture, url))]))
        assert list(there.list_takedowns()) == []
        for client, actor in ((here, "ann"), (there, "bob")):
            person = client.acting_as(actor)
            case = person.claim_case().case.case
            person.assess_case(case, is_illegal=True, classifications=A)
        for client in (here, there):
            client.submit_report(NewReport(items=[NewItem((picture, url))]))
        (waiting,) = there.list_takedowns()
        assert (waiting.url, waiting.state, waiting.item_count) == (url.value.decode(), TakedownState.WAITING, 3)

        status, lines = command(service, "list")
        assert (status, [line["takedown"] for line in lines]) == (0, [waiting.takedown])
        status, answers = command(
            service,
            "noticed",
            "--file",
            "-",
            "--to",
            "abuse@host.example",
            "--actor",
            "mia",
            stdin=json.dumps(lines[0]),
        )
        assert (status, answers) == (0, [{"takedown": waiting.takedown, "state": "NOTICED", "refusal": None}])
        assert list(here.list_takedowns()) == []
        (noticed,) = there.list_takedowns([TakedownState.NOTICED])
        assert [(one.actor, one.recipient) for one in noticed.notices] == [("mia", "abuse@host.example")]
        for _ in range(2):
            assert command(service, "removed", str(waiting.takedown), "--actor", "ann")[1][0]["state"] == "REMOVED"

        here.submit_report(NewReport(items=[NewItem((picture, url))]))
        (again,) = there.list_takedowns(page_size=1)
        assert (again.state, again.appearance, again.reappeared_count) == (TakedownState.REAPPEARED, 2, 1)
        stale = TakedownMark(again.takedown, TakedownState.REMOVED, appearance=1)
        unknown = TakedownMark(999, TakedownState.REMOVED)
        reasons = [
            one.refusal and one.refusal.reason for one in there.acting_as("ann").mark_takedowns([stale, unknown])
        ]
        assert reasons == ["TAKEDOWN_CHANGED", "UNKNOWN_TAKEDOWN"]
        assert command(service, "removed", "999", "--actor", "ann")[0] == 1
        hotline = here.get_effect().hotline
        assert (hotline.takedowns_opened, hotline.takedowns_noticed, hotline.takedowns_reappeared) == (1, 1, 1)
        assert hotline.median_removal_us is not None
