"""The demo's pictures: fingerprints of 911 innocuous ones, each with its edits (data/README.md)."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from hashsvc.cli.failures import Failed
from hashsvc.signals import MD5, PDQ, SHA1, SHA256, Signal

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "data" / "pictures_dev.jsonl.gz"
SOURCE = "demo"


class Variant(msgspec.Struct, frozen=True):
    """One edit of a picture, as it would come in a report."""

    edit: str
    pdq: str
    quality: int
    md5: str
    sha1: str
    sha256: str

    def signals(self) -> tuple[Signal, ...]:
        pdq = Signal(PDQ, bytes.fromhex(self.pdq), self.quality)
        digests = ((MD5, self.md5), (SHA1, self.sha1), (SHA256, self.sha256))
        return (pdq, *(Signal(number, bytes.fromhex(text)) for number, text in digests))


class Picture(msgspec.Struct, frozen=True):
    """A picture. group: the same for the same picture in other sizes."""

    image: str
    group: str
    variants: tuple[Variant, ...]

    @property
    def original(self) -> Variant:
        return self.variants[0]


class Corpus(msgspec.Struct, frozen=True):
    """All pictures, and which groups of them are listed: every other one."""

    pictures: tuple[Picture, ...]
    listed_groups: frozenset[str]

    @property
    def edits(self) -> list[str]:
        """All edits in the order of the file."""
        return list(dict.fromkeys(variant.edit for picture in self.pictures for variant in picture.variants))

    @property
    def listed(self) -> list[Picture]:
        return [picture for picture in self.pictures if picture.group in self.listed_groups]

    def import_lines(self) -> Iterator[dict[str, Any]]:
        """The originals of the listed half, as lines that `hashsvc import` reads."""
        for picture in self.listed:
            original = picture.original
            digests = [{"type": name, "value": getattr(original, name)} for name in ("md5", "sha1", "sha256")]
            pdq = {"type": "pdq", "value": original.pdq, "quality": original.quality}
            yield {"content_id": picture.image, "source": SOURCE, "fingerprints": [pdq, *digests]}


def read_corpus(path: Path) -> Corpus:
    """Read the pictures. Raises Failed where the file is not there or not such a file."""
    decoder = msgspec.json.Decoder(Picture)
    try:
        with gzip.open(path, "rb") as stream:
            pictures = tuple(decoder.decode(line) for line in stream)
    except FileNotFoundError as error:
        raise Failed(f"no corpus at {path}; --corpus names another") from error
    except (OSError, EOFError, zlib.error, msgspec.DecodeError) as error:
        raise Failed(f"{path} is not a corpus of pictures: {error}") from error
    if not pictures:
        raise Failed(f"{path} holds no pictures")
    groups = sorted({picture.group for picture in pictures})
    return Corpus(pictures, frozenset(groups[::2]))
