"""What code and pages name is there: every file, heading, numbered fact, decision, target, module, command, option."""

from __future__ import annotations

import pytest

from tests.house.citations import problems
from tests.house.lints import tracked_texts

SEARCHED = (".py", ".md", ".proto", ".toml", ".sh", "Makefile")
GENERATED = "hashsvc/v1/"


@pytest.mark.slow
def test_everything_that_is_named_is_there() -> None:
    """A reader who follows what a comment, a docstring, a message or a page names finds it in this repository."""
    found = [
        problem
        for name, text in tracked_texts()
        if name.endswith(SEARCHED) and not name.startswith(GENERATED)
        for problem in problems(name, text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hashsvc/x.py", "# 64 KiB (DESIGN, On the wire)"),
        ("hashsvc/x.py", '"""Never grown (TRUST 0.5)."""'),
        ("hashsvc/x.py", "# every file says what lives here (STYLE 14)"),
        ("docs/x.md", "as ADR 0003 says"),
        ("hashsvc/x.py", "# `server/nowhere.py` has it"),
        ("hashsvc/x.py", '"""See data/nowhere.json."""'),
        ("docs/x.md", "the rules are in `hashlist/nowhere.py`"),
        ("docs/x.md", "[see](data_file.md) or nowhere.md"),
        ("protos/x.proto", "  // docs/nowhere.md has the table"),
        ("pyproject.toml", "x = 1  # docs/nowhere.md"),
        ("hashsvc/x.py", "# docs/data_file.md, No such heading"),
        ("hashsvc/x.py", "# docs/config.md, `no_such_setting`"),
        ("hashsvc/x.py", "# measured (docs/measured.md 999)"),
        ("docs/x.md", "([measured.md](measured.md), facts 1 to 999)"),
        ("docs/x.md", "held by `tests/house/test_citations.py::test_nothing_of_the_kind`"),
        ("hashsvc/x.py", "# decision 0999"),
        ("docs/x.md", "Decision 4 has it"),
        ("docs/x.md", "run `make nonsense`"),
        ("docs/x.md", "```sh\nmake nonsense\n```"),
        ("docs/x.md", "run `python -m tools.nonsense`"),
        ("hashsvc/x.py", 'say("run `hashsvc nonsense`")'),
        ("hashsvc/x.py", 'say(f"run `hashsvc entry nonsense {entry}`")'),
        ("hashsvc/x.py", 'epilog = "Example: hashsvc verify --nonsense 3"'),
        ("docs/x.md", "```console\n$ hashsvc check \\\n    --nonsense 3\n```"),
        ("docs/x.md", "`hashsvc init ./list --nonsense`"),
    ],
)
def test_what_is_not_there_is_found(name: str, text: str) -> None:
    """Each kind of citation is missed where it leads nowhere."""
    assert len(problems(name, text)) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hashsvc/x.py", "# RFC 9162, 2.1.1; UTS 46; KNOWN, LIKELY; 3 MD5"),
        (
            "hashsvc/x.py",
            '"""How it is kept: `hashlist/writer.py`, docs/data_file.md, Journals; docs/measured.md 5."""',
        ),
        (
            "hashsvc/server/x.py",
            "# `app.py` beside this; grpc/_server.py of grpcio; (docs/config.md, `report_state_hours`)",
        ),
        ("docs/x.md", "[decision 0004](decisions/0004-serving.md), `make test`, `python -m benchmarks near`"),
        ("docs/x.md", "```\nhashsvc report submit reports.jsonl --actor intake  # a report a line\n```"),
        ("docs/x.md", "`hashsvc entry …`, `hashsvc entry confirm ENTRY --actor NAME`, `hashsvc check - < items.jsonl`"),
        ("docs/x.md", "`tests/house/test_citations.py::test_what_is_there_is_let_be`"),
        ("hashsvc/x.py", 'say(f"others confirm with `hashsvc entry confirm {entry} --actor NAME`")'),
    ],
)
def test_what_is_there_is_let_be(name: str, text: str) -> None:
    """What leads somewhere is no problem, nor what names a caller's own files."""
    assert problems(name, text) == []
