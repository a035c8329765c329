"""The corpus of innocuous pictures' fingerprints in data/, as arrays."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PATH = Path(__file__).parents[2] / "data" / "pictures_dev.jsonl.gz"


@cache
def pictures() -> dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Give edit → (codes uint8[n, 32], qualities uint8[n]); row i is the same picture in every edit."""
    with gzip.open(PATH, "rt") as lines:
        variants = [{each["edit"]: each for each in json.loads(line)["variants"]} for line in lines]
    return {
        edit: (
            np.array([list(bytes.fromhex(each[edit]["pdq"])) for each in variants], np.uint8),
            np.array([each[edit]["quality"] for each in variants], np.uint8),
        )
        for edit in variants[0]
        if all(edit in each for each in variants)
    }
