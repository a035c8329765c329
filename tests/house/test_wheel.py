"""What is installed elsewhere is whole: the wheel carries the data and the types that the source tree has."""

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from tests.house.lints import ROOT


def test_wheel_carries_data_and_types(tmp_path: Path) -> None:
    """The wheel holds the built-in policy, every other file of data/, and the mark that its types may be read."""
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    data = {f"hashsvc/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "data").rglob("*") if path.is_file()}
    assert "hashsvc/data/policy.toml" in names
    assert names >= data | {"hashsvc/py.typed", "hashsvc/v1/check_service_pb2.pyi"}
