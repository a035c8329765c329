"""The worst trap of LMDB: a plain open and close of its lock file in a serving process makes every read wrong.

The kernel drops a process's locks on a file when the process closes any descriptor of it. Nothing in this package may
open what stands in the environment's directory; LMDB itself does so in C, where the audit hook does not see it.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

WORK = """
import sys
from pathlib import Path
seen = []
def hook(event, args):
    if event in ("open", "os.open", "shutil.copyfile", "shutil.copytree", "shutil.move", "os.rename", "os.truncate"):
        seen.append((event, [str(one) for one in args[:2]]))
sys.addaudithook(hook)
from hashsvc.clock import SeededClock
from hashsvc.hashlist import ListStore, backup, fold, manifest
from hashsvc.hashlist.rebuild import rebuild
from hashsvc.hashlist.verify import verify
from tests.hashlist.lists import confirmed_batch, confirmed_entry, everything, new_list
path = Path(sys.argv[1]) / "data"
store = new_list(path)
confirmed_batch(store, range(100, 400))
confirmed_entry(store, 1)
everything(store)
store.tick()
store.keeper_tick()
fold.fold_tail(store.environment, manifest.segments_dir(path), 1)
store.keeper_tick()
store.verify_tail()
store.probe_commit()
assert verify(store).ok
store.close()
clock = SeededClock(2)
backup.backup(path, path.parent / "backup", clock)
backup.restore(path.parent / "backup", path.parent / "new", clock)
rebuild(path.parent / "new", clock)
if len(sys.argv) > 2:
    open(path / "list" / sys.argv[2], "rb").close()
touched = [one for one in seen if any(name.endswith(("lock.mdb", "data.mdb")) for name in one[1])]
assert len(seen) > 20, "the hook sees what is opened"
for one in touched:
    print(one)
"""


def touched_by_python(tmp_path: Path, *more: str) -> str:
    command = [sys.executable, "-c", WORK, str(tmp_path), *more]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=100).stdout


def test_nothing_in_python_opens_the_stores_files(tmp_path: Path) -> None:
    """Reading, writing, folding, verifying, backup, restore and rebuild open neither lock.mdb nor data.mdb."""
    assert touched_by_python(tmp_path) == ""


@pytest.mark.parametrize("name", ["lock.mdb", "data.mdb"])
def test_the_hook_would_see_it(tmp_path: Path, name: str) -> None:
    """A plain open of either file is noticed: the test above can fail."""
    assert name in touched_by_python(tmp_path, name)


SERVE = """
import os, sys, threading
from pathlib import Path
from hashsvc.clock import SeededClock
from hashsvc.hashlist import ListStore
from tests.hashlist.lists import done, propose
store = ListStore.open(Path(sys.argv[1]), clock=SeededClock(3))
with store.snapshot() as snapshot:
    known = snapshot.position.sequence
    print("open", flush=True)
    sys.stdin.readline()
    changes = snapshot.pages.changes(0, 100, 1 << 20)
    print(known == snapshot.position.sequence == len(changes), flush=True)
"""


def test_a_snapshot_stays_whole_beside_other_processes(tmp_path: Path) -> None:
    """A snapshot that one process holds keeps its pages while another opens the list, writes, folds and closes."""
    from tests.hashlist.lists import assert_verifies, confirmed_batch, done, new_list, propose

    store = new_list(tmp_path / "data")
    for n in range(30):
        done(store, propose(n))
    store.close()
    command = [sys.executable, "-c", SERVE, str(tmp_path / "data")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdin is not None
        assert reader.stdout.readline() == "open\n"
        from hashsvc.clock import SeededClock
        from hashsvc.hashlist import ListStore

        for turn in range(3):
            store = ListStore.open(tmp_path / "data", clock=SeededClock(turn + 4))
            confirmed_batch(store, range(1_000 * turn + 1_000, 1_000 * turn + 1_300), b"%d" % turn)
            store.keeper_tick()
            assert_verifies(store)
            store.close()
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "True\n"
