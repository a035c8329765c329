"""Cases and the queue: one module writes both, and they never say different things."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

import hashsvc
from hashsvc.casework import cases
from hashsvc.casework.tables import Tables, open_environment
from hashsvc.casework.values import Case, CaseState
from hashsvc.errors import NotFound

PACKAGE = Path(hashsvc.__file__).parent
GUARDED = {"cases", "queue"}
WRITES = {"put", "delete"}
READS = {"get", "read", "rows", "rows_of_many", "values_of", "count"}


def named_in(path: Path) -> Iterator[tuple[int, str]]:
    """Where a file names a guarded table: (line, method it is given to, "index" for a subscript, else "")."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    how: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            how |= {id(one): node.func.attr for one in node.args}
        elif isinstance(node, ast.Subscript):
            how[id(node.slice)] = "index"
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in GUARDED:
            yield node.lineno, how.get(id(node), "")


def test_only_one_module_reads_and_writes_cases() -> None:
    """Tables of cases and of the queue are named by casework/cases.py, their declaration, and verify as it reads."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for line, how in named_in(path):
            allowed = {"casework/cases.py": READS | WRITES, "casework/tables.py": {""}, "casework/verify.py": {"rows"}}
            of_casework = name.startswith("casework/") or how in READS | WRITES | {"index"}
            if of_casework and how not in allowed.get(name, set()):
                found.append(f"{name}:{line}")
    assert found == []
    assert {how for _, how in named_in(PACKAGE / "casework" / "cases.py")} >= {"put", "delete", "read", "rows"}


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    env = open_environment(tmp_path / "casework", create=True)
    with env.write() as txn:
        yield Tables(env, txn)
    env.close()


def test_a_case_stands_in_the_queue_once_by_its_urgency_while_it_is_live(tables: Tables) -> None:
    """What makes a case more urgent moves it up; being decided leaves it there; its end takes it out, erased or not."""
    made = [Case(n, int(CaseState.OPEN), (n, 0), n, 1, 1, False, "", "") for n in (1, 2, 3)]
    for case in made:
        cases.write(tables, None, case)
    assert [case.number for case in cases.live(tables)] == [1, 2, 3]

    urgent = replace(made[2], self_referral=True, lease_actor="ann")
    cases.write(tables, made[2], urgent)
    assert list(cases.live(tables)) == [urgent, made[0], made[1]]
    assert (cases.live_count(tables), cases.live_numbers(tables)) == (3, {1, 2, 3})
    assert cases.oldest_live_us(tables) == 1

    deciding = replace(urgent, state=int(CaseState.DECIDING))
    cases.write(tables, urgent, deciding)
    assert next(cases.live(tables)) == deciding
    assert not cases.is_open(tables, 3)

    listed = replace(deciding, state=int(CaseState.LISTED))
    cases.write(tables, deciding, listed)
    cases.write(tables, listed, replace(listed, lease_actor="bob"))
    assert cases.live_numbers(tables) == {1, 2}
    assert cases.read(tables, 3).lease_actor == "bob"

    cases.erase(tables, 3)
    assert cases.find(tables, 3) is None
    with pytest.raises(NotFound) as missing:
        cases.read(tables, 3)
    assert missing.value.reason == "UNKNOWN_CASE"


def test_a_case_that_opens_again_is_back_in_its_place(tables: Tables) -> None:
    """A case that was closed and opens again stands in the queue by its age, as if it had never left."""
    first, second = (Case(n, int(CaseState.OPEN), (n, 0), n, 1, 1, False, "", "") for n in (1, 2))
    closed = replace(first, state=int(CaseState.NOT_ILLEGAL))
    cases.write(tables, None, first)
    cases.write(tables, None, second)
    cases.write(tables, first, closed)
    assert list(cases.live(tables)) == [second]
    cases.write(tables, closed, first)
    assert list(cases.live(tables)) == [first, second]
