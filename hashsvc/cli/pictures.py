"""`hashsvc hash`: fingerprints of files, made on the caller's side. No picture ever leaves the machine.

Needs the extra `pictures` (pdqhash, Pillow) for PDQ; digests are of the file's bytes.
"""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path
from typing import Any

import click
import msgspec

from hashsvc.cli.extras import needs, require
from hashsvc.cli.failures import Failed
from hashsvc.cli.output import say, write_records
from hashsvc.signals import MD5, PDQ, SHA1, SHA256, Signal

_READ_BYTES = 1 << 20


class Fingerprints(msgspec.Struct, frozen=True):
    """What a file's bytes and its picture amount to, spelt as an item to check. pdq None: not a picture."""

    id: str
    pdq: str | None
    pdq_quality: int | None
    md5: str
    sha1: str
    sha256: str


@click.command(
    "hash",
    epilog="Example: hashsvc hash *.jpg | hashsvc check -",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@needs("pictures")
def hash_files(files: tuple[Path, ...]) -> None:
    """Print PDQ, MD5, SHA-1 and SHA-256 of picture files.

    Each line is an item that `hashsvc check -` takes. A file that is no picture gets its digests only. Needs the
    optional extra `pictures`.
    """
    failed = 0

    def each() -> Any:
        nonlocal failed
        for file in files:
            try:
                found = fingerprints(file)
            except Failed as error:
                failed += 1
                say(f"{file}: {error.message}")
                continue
            if found.pdq is None:
                say(f"{file}: not a picture that Pillow reads; digests only")
            record = msgspec.to_builtins(found)
            yield {name: value for name, value in record.items() if value is not None}

    write_records(each(), ["id", "pdq", "pdq_quality", "md5"])
    if failed:
        raise Failed(f"{failed} of {len(files)} files could not be read")


def fingerprints(path: str | Path) -> Fingerprints:
    """Hash one file. Raises Failed where it cannot be read, MissingExtra without the extra `pictures`."""
    require("pictures")
    digests = [hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")]
    try:
        with open(path, "rb") as stream:
            while block := stream.read(_READ_BYTES):
                for digest in digests:
                    digest.update(block)
    except OSError as error:
        raise Failed(f"cannot be read: {error.strerror}") from error
    pdq, quality = _pdq(path)
    md5, sha1, sha256 = (digest.hexdigest() for digest in digests)
    return Fingerprints(str(path), pdq, quality, md5, sha1, sha256)


def signals_of(found: Fingerprints) -> list[Signal]:
    """The same as signals."""
    digests = ((MD5, found.md5), (SHA1, found.sha1), (SHA256, found.sha256))
    signals = [Signal(number, bytes.fromhex(text)) for number, text in digests]
    if found.pdq is not None and found.pdq_quality is not None:
        algorithm = f"pdqhash {metadata.version('pdqhash')}"
        signals.append(Signal(PDQ, bytes.fromhex(found.pdq), found.pdq_quality, algorithm))
    return signals


def _pdq(path: str | Path) -> tuple[str, int] | tuple[None, None]:
    """PDQ in hex and its quality, of the pixels as stored (no turning by EXIF), as other makers of PDQ do."""
    import numpy as np
    import pdqhash
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            bits, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
    except UnidentifiedImageError:
        return None, None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Failed(f"a damaged or oversized picture: {error}") from error
    return np.packbits(bits).tobytes().hex(), int(quality)
