"""Python in a process of its own that cannot import some packages, as where they are not installed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection

_BEGIN = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top in REFUSED or (ONLY and top not in ONLY and top not in sys.stdlib_module_names):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None

REFUSED, ONLY = %r, %r
sys.meta_path.insert(0, Refuse())
"""
# A partner's modules: those of the packages that `pip install hashsvc` brings (tests/house/test_repository.py).
PARTNERS = frozenset(
    ("hashsvc", "ada_url", "cffi", "_cffi_backend", "google", "grpc", "grpc_status", "msgspec", "numpy",
     "publicsuffixlist", "pycparser", "typing_extensions")
)  # fmt: skip


def python(
    code: str, *arguments: str, refused: Collection[str] = (), only: Collection[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run code, with sys.argv[1:] as given. refused: top-level modules that cannot be imported.

    only: those besides the standard library that can; (): all.
    """
    begin = _BEGIN % (set(refused), set(only))
    return subprocess.run([sys.executable, "-c", begin + code, *arguments], capture_output=True, text=True, check=False)
