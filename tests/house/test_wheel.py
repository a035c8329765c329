"""What is installed elsewhere is whole and no more: the package with its types, and the data that it reads."""

import re
import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from tests.house.lints import ROOT


def test_wheel_carries_data_and_types(tmp_path: Path) -> None:
    """The wheel holds the files that the package reads and the mark that its types may be read.

    The demo, its pictures and the vectors of the tests stay out: they are most of the bytes, and nobody's at run time.
    """
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {
        f"hashsvc/data/{name}"
        for path in (ROOT / "hashsvc").rglob("*.py")
        for name in re.findall(r'read_shipped\("([^"]+)"', path.read_text("utf-8"))
    }
    assert {name for name in names if name.startswith("hashsvc/data/")} == shipped
    assert names >= {"hashsvc/py.typed", "hashsvc/v1/check_service_pb2.pyi", "hashsvc/data/policy.toml"}
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"hashsvc"}
