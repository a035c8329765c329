"""Write the pages that are generated (`make docs`), or tell whether they are up to date (`--check`).

A page is one function from nothing to Markdown; a new page is one line in PAGES.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable

from hashsvc.config import markdown as config_page
from tools.docs_api import api_page
from tools.docs_cli import cli_page
from tools.generate_protos import ROOT

PAGES: tuple[tuple[str, Callable[[], str]], ...] = (
    ("docs/api.md", api_page),
    ("docs/cli.md", cli_page),
    ("docs/config.md", config_page),
)
DIFFERENCES_SHOWN_MAX = 20  # lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is stale")
    check = parser.parse_args().check
    stale_count = 0
    for name, page in PAGES:
        path = ROOT / name
        present = path.read_text(encoding="utf-8") if path.exists() else ""
        fresh = page()
        if fresh == present:
            continue
        stale_count += 1
        if check:
            print(f"{name} is stale: run `make docs`", file=sys.stderr)
            print(differences(present, fresh), file=sys.stderr)
        else:
            path.write_text(fresh, encoding="utf-8")
            print(f"wrote {name}")
    return 1 if check and stale_count else 0


def differences(present: str, fresh: str) -> str:
    """The first lines that differ, as a diff from what is there to what would be written."""
    lines = difflib.unified_diff(present.splitlines(), fresh.splitlines(), "present", "fresh", lineterm="", n=0)
    return "\n".join(f"    {line}" for line in list(lines)[:DIFFERENCES_SHOWN_MAX])


if __name__ == "__main__":
    sys.exit(main())
