"""Generate hashsvc/v1 from protos/ (`make protos`), or tell whether it is up to date (`--check`)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
PACKAGE = Path("hashsvc/v1")
GENERATED = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        fresh = {path.name: path.read_bytes() for path in generated_in(Path(scratch) / PACKAGE)}
    present = {path.name: path.read_bytes() for path in generated_in(ROOT / PACKAGE)}
    stale = sorted(name for name in fresh.keys() | present.keys() if fresh.get(name) != present.get(name))
    if check:
        for name in stale:
            print(f"{PACKAGE / name} is not what protos/ gives: run `make protos`", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        target = ROOT / PACKAGE / name
        if name in fresh:
            target.write_bytes(fresh[name])
        else:
            target.unlink()
        print(f"{'wrote' if name in fresh else 'removed'} {PACKAGE / name}")
    return 0


def generate(out: Path) -> None:
    """Run protoc over every file of ours. Imports come out as `hashsvc.v1.…` because protos/ is the root."""
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    run_protoc([f"--python_out={out}", f"--pyi_out={out}", f"--grpc_python_out={out}", *sources])


def run_protoc(arguments: list[str]) -> None:
    """Call the protoc that grpcio-tools carries, with protos/ and Google's well-known types to import from."""
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    if protoc.main(["protoc", f"-I{PROTOS}", f"-I{well_known}", *arguments]) != 0:
        raise SystemExit("protoc failed; its message stands above")


def generated_in(folder: Path) -> list[Path]:
    return [path for pattern in GENERATED for path in folder.glob(pattern)]


if __name__ == "__main__":
    sys.exit(main())
