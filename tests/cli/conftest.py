"""A fake server and a way to run `hashsvc …` against it, with what it prints taken apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from hashsvc.cli.main import main
from tests.client.fake import Fake


class Ran(NamedTuple):
    """What a command did. lines: stdout's JSON lines."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        (one,) = self.lines
        return one


Run = Callable[..., Ran]


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake(worker=1)
    yield server
    server.stop()


@pytest.fixture
def run(fake: Fake) -> Run:
    """Run a command with HASHSVC_SERVER set to the fake; stdin: its text or bytes."""

    def command(*arguments: str, stdin: str | bytes = "", server: str | None = None) -> Ran:
        environment = {"HASHSVC_SERVER": server or fake.address, "HASHSVC_ACTOR": ""}
        result = CliRunner().invoke(main, list(arguments), input=stdin, env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return command
