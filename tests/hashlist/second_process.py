"""A second process over the same list, driven by JSON lines: LMDB may be opened once a process only.

python second_process.py, then on stdin {"do": "open"|"look"|"close", …}; each answer is one JSON line on stdout.
"""

import json
import sys
from pathlib import Path

from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.signals import URL
from hashsvc.signals.url_expressions import lookup_keys


def states(store: ListStore) -> dict[str, object]:
    """Every entry's signals and their states, as this process sees them now."""
    with store.snapshot() as snapshot:
        entries, _ = snapshot.pages.entries(0, 1_000, 0, b"")
        found = {entry.entry_id.hex(): [[s.signal.value.hex(), s.state] for s in entry.signals] for entry in entries}
        hits = {
            s.signal.value.hex(): sorted(snapshot.lookup(s.signal.type, s.signal.value))
            for entry in entries
            for s in entry.signals
            if s.signal.type <= 3
        }
        view = snapshot.index
        texts = sorted({s.signal.value.decode() for e in entries for s in e.signals if s.signal.type == URL})
        urls = {text: snapshot.lookup_urls(lookup_keys(text).digests) for text in texts}
        return {
            "sequence": snapshot.position.sequence,
            "entries": found,
            "hits": hits,
            "urls": urls,
            "seen live": {ref: snapshot.seen_live_us(ref) for found in urls.values() for _, _, ref in found},
            "segments": len(view.segments),
        }


def main() -> None:
    store: ListStore | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        answer: object = None
        if asked["do"] == "open":
            store = ListStore.open(Path(asked["path"]), clock=SystemClock())
        elif asked["do"] == "look":
            assert store is not None
            answer = states(store)
        elif store is not None:
            store.close()
            store = None
        print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
