"""Ask buf whether protos/ would break anybody who speaks the API as last released (`make check-protos`).

Compares with the last release (tag v…) reachable from here; before the first one, with the tip of main. Works offline,
from the clone itself. Without git, or outside a clone, it says so and passes: there is nothing to compare with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    against = os.environ.get("AGAINST") or base_commit()
    if against is None:
        print("buf breaking: no git history here, nothing to compare with", file=sys.stderr)
        return 0
    buf = Path(sys.executable).parent / "buf"
    store = git("rev-parse", "--git-common-dir") or ".git"
    command = [str(buf), "breaking", "protos", "--against", f"{store}#ref={against},subdir=protos"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def base_commit() -> str | None:
    """The commit to compare with, or None."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return None
    tag = git("describe", "--tags", "--abbrev=0", "--match", "v*")
    for name in (tag, "refs/heads/main", "refs/remotes/origin/main", "HEAD"):
        commit = git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") if name else None
        if commit:
            return commit
    return None


def git(*arguments: str) -> str | None:
    """Run git; its answer, or None where it has none."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
