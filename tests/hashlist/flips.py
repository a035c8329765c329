"""Flip one bit of a list's store at a time, and say whether an answer changed and whether verify found it.

python -m tests.hashlist.flips STORE SCRATCH SEED FIRST LAST, in a process of its own since a damaged page may crash
the engine. One JSON line a flip: {"flip", "byte", "outcome", "verified"}.
outcome: same, wrong, or the error that reading raised; verified: "ok", "found" or the error that verify raised.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from pathlib import Path

from hashsvc.clock import SeededClock
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.verify import verify
from tests.hashlist.lists import everything


def flip(path: Path, byte: int, bit: int) -> None:
    """Flip a bit of a file in place."""
    with path.open("r+b") as file:
        file.seek(byte)
        value = file.read(1)[0]
        file.seek(byte)
        file.write(bytes((value ^ 1 << bit,)))


def try_flip(good: Path, scratch: Path, byte: int, bit: int, expected: dict[str, object]) -> tuple[str, str]:
    """Copy the list, flip, read everything, verify."""
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(good, scratch)
    flip(scratch / "list" / "data.mdb", byte, bit)
    try:
        store = ListStore.open(scratch, clock=SeededClock(1))
    except Exception as error:  # noqa: BLE001  (any loud refusal will do)
        return type(error).__name__, "could not be opened"
    try:
        try:
            outcome = "same" if everything(store) == expected else "wrong"
        except Exception as error:  # noqa: BLE001  (as above)
            outcome = type(error).__name__
        try:
            report = verify(store, scratch=scratch.parent)
            verified = "ok" if report.ok else "found"
        except Exception as error:  # noqa: BLE001  (it never raises for what it finds: the test says so)
            verified = f"{type(error).__name__}: {error}"
    finally:
        store.close()
    return outcome, verified


def main() -> None:
    good, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    seed, first, last = map(int, sys.argv[3:])
    store = ListStore.open(good, clock=SeededClock(1))
    expected = everything(store)
    store.close()
    byte_count = (good / "list" / "data.mdb").stat().st_size
    for number in range(first, last):
        chosen = random.Random(f"{seed} {number}")
        byte, bit = chosen.randrange(byte_count), chosen.randrange(8)
        print(json.dumps({"flip": number, "byte": byte, "outcome": "crash", "verified": ""}), flush=True)  # noqa: T201
        outcome, verified = try_flip(good, scratch, byte, bit, expected)
        told = {"flip": number, "byte": byte, "outcome": outcome, "verified": verified}
        print(json.dumps(told), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
