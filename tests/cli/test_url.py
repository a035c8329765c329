"""`hashsvc url explain`: steps for people, lines for programs, and no server."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hashsvc.cli import url as command
from tests.cli.conftest import Run

NOBODY = "127.0.0.1:1"  # a server that is not there


def lines_of(*texts: str) -> str:
    return "".join(json.dumps(text) + "\n" for text in texts)


def test_a_url_is_explained_step_by_step(run: Run) -> None:
    """Piped, a URL is one JSON line with what each step made of it; no server is asked."""
    ran = run("url", "explain", "hxxps://www.Example[.]com:443/b?utm_source=x#top", server=NOBODY)
    assert ran.exit_code == 0
    assert (ran.line["strict"], ran.line["loose"]) == ("www.example.com/b", "example.com/b")
    assert ran.line["flags"] == ["defanged", "default_port_dropped", "fragment_dropped", "tracking_dropped"]
    assert [step["name"] for step in ran.line["steps"]] == ["clean-up", "host", "port", "fragment", "tracking"]
    assert ran.line["steps"][1] == {"name": "host", "before": "www.Example.com", "after": "www.example.com"}


def test_a_person_reads_a_table(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the steps, keys and expressions stand below one another; control characters only show."""
    monkeypatch.setattr(command, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    ran = run("url", "explain", "http://EXAMPLE.com/\x1b[31m[bold]", "ftp://example.com/", "--as", "page")
    assert ran.exit_code == 0
    assert "\x1b[31m" not in ran.stdout
    assert "http://EXAMPLE.com/\\x1b[31m[bold]" in ran.stdout
    assert "example.com/%1B%5B31m%5Bbold%5D" in ran.stdout
    assert "UNSUPPORTED_SCHEME" in ran.stdout
    assert "can be listed" in ran.stdout


@pytest.mark.parametrize(
    ("text", "scope", "refused", "warnings"),
    [
        ("http://bad.example/", "page", None, ["page_on_root"]),
        ("http://bad.example/a/", "PREFIX", None, []),
        ("http://imgur.com/", "host", "SHARED_HOST", None),
        ("hxxp://bad.example/", "domain", "UNSUPPORTED_SCHEME", None),
    ],
)
def test_it_says_whether_a_url_could_be_listed(
    text: str, scope: str, refused: str | None, warnings: list[str] | None, run: Run
) -> None:
    """With --as, the reason of a refusal, or the expression and the warnings."""
    entry = run("url", "explain", text, "--as", scope, server=NOBODY).line["entry"]
    assert (entry["scope"], entry["refused"]) == (scope.upper(), refused)
    assert (list(entry["warnings"]) if refused is None else None) == warnings


def test_lines_are_answered_by_lines(run: Run) -> None:
    """Each line has exactly these keys in this order; a refused URL has its reason and null in the others."""
    ran = run("url", "explain", "--json-lines", "-", stdin=lines_of("http://example.com:8080/a?b", "x@example.com"))
    assert ran.exit_code == 0
    found, refused = ran.lines
    keys = ["input", "strict", "loose", "host", "refused", "flags", "probes"]
    assert (list(found), list(refused)) == (keys, keys)
    assert (found["host"], found["strict"], found["refused"]) == ("example.com", "example.com:8080/a?b", None)
    assert [(probe["kind"], probe["expression"]) for probe in found["probes"]] == [
        ("PAGE", "example.com:8080/a?b"),
        ("PATH", "example.com:8080/a"),
        ("HOST", "example.com/"),
        ("DOMAIN", "example.com/"),
    ]
    assert found["probes"][2]["sha256"] == "73d986e009065f182c10bcb6a45db3d6eda9498f8930654af2653f8a938cd801"
    assert refused == dict.fromkeys(keys) | {"input": "x@example.com", "refused": "INVALID_URL"}


def test_a_line_that_is_no_json_string_is_told_and_the_others_are_answered(run: Run, tmp_path: Path) -> None:
    """Their numbers are on stderr; the exit status is 1."""
    file = tmp_path / "urls.jsonl"
    file.write_bytes(b'"http://a.example/"\n\n17\n"\xff"\nnot json\n' + b"[" * 100_000 + b'\n"http://b.example/"')
    ran = run("url", "explain", "--json-lines", str(file))
    assert ran.exit_code == 1
    assert [line["host"] for line in ran.lines] == ["a.example", "b.example"]
    assert [number for number in range(1, 8) if f"line {number}:" in ran.stderr] == [3, 4, 5, 6]


def test_halves_of_characters_come_back_as_they_were_given(run: Run) -> None:
    """What UTF-8 cannot hold is written as JSON escapes; the rest is readable."""
    ran = run("url", "explain", "--json-lines", "-", stdin=lines_of("http://a.example/\ud800", "http://мон.example/"))
    assert [line["input"] for line in ran.lines] == ["http://a.example/\ud800", "http://мон.example/"]
    assert "http://мон.example/" in ran.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["http://a.example/", "--json-lines", "-"], ["--json-lines", "-", "--as", "page"]]
)
def test_usage_is_checked(arguments: list[str], run: Run) -> None:
    """URLs or a file of them, not both; --as is for people."""
    assert run("url", "explain", *arguments).exit_code == 2


def test_it_starts_fast() -> None:
    """The command is there before anything heavy is loaded."""
    heavy = "{'grpc', 'numpy', 'numba', 'lmdb', 'publicsuffixlist', 'ada_url'}"
    code = f"import sys, hashsvc.cli.url; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_output_does_not_depend_on_the_locale() -> None:
    """Piped JSON is UTF-8, and a terminal that knows only ASCII shows other characters by their numbers."""
    explain = [sys.executable, "-m", "hashsvc.cli", "url", "explain", "http://ex.com/é"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run(explain, env=environment, capture_output=True, check=True)
    assert json.loads(ran.stdout)["input"] == "http://ex.com/é"

    shown, terminal = pty.openpty()
    subprocess.run(explain, env=environment, stdout=terminal, stderr=terminal, check=True)
    assert b"http://ex.com/\\xe9" in os.read(shown, 65536)
