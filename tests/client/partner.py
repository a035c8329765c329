"""A partner's program: asks a server in many ways and reads and writes files, with what `pip install hashsvc` brings.

Run by path, so that it imports nothing of the tests. Prints what it found as one JSON line.
"""

import asyncio
import io
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from hashsvc.client import (
    AsyncHashsvcClient,
    Content,
    HashsvcClient,
    NewItem,
    NewReport,
    PrivateChecker,
    ServerError,
)
from hashsvc.formats import FORMATS, Details, Row, open_rows, read_items
from hashsvc.formats.reports import read_reports
from hashsvc.signals import MD5, PDQ, SHA256, URL, Signal, UrlFacts, orientations
from hashsvc.signals.url_expressions import Scope

PDQ_CODE = bytes.fromhex("2bb620df28bf93e92a464c96aed5c2cc1a5bb13b313ea1ed39907c12cee44ec4")
MD5_CODE, SHA_CODE = bytes(range(16)), bytes(range(32))
HOST = Signal(URL, b"https://cats.example/", url=UrlFacts(int(Scope.HOST)))
PAGE = Signal(URL, b"https://dogs.example/a/17.jpg?id=7", url=UrlFacts(int(Scope.PAGE), True, 1_790_000_000_000_000))


def file_rows():
    """Every type of row that a file may hold, one of a whole host among them."""
    details = Details("image", (("uk_abc", "A"),), "", (), ("grid",))
    yield Row(
        1, "iwf", "", "17", (Signal(PDQ, PDQ_CODE, 100), Signal(MD5, MD5_CODE), Signal(SHA256, SHA_CODE)), details
    )
    yield Row(2, "iwf", "", "cats", (HOST,), Details())
    yield Row(3, "iwf", "", "dogs", (PAGE,), Details())


def said(row):
    """What a row says, wherever it stands."""
    return row.signals, row.details


def files():
    """Write rows in every format and read them back; read items and reports."""
    wanted = list(file_rows())
    same = {}
    with tempfile.TemporaryDirectory() as folder:
        for one in FORMATS:
            path = Path(folder) / f"rows{one.suffixes[0]}"
            path.write_text("".join(one.write(wanted)), encoding="utf-8")
            found = [row for row in open_rows(path) if isinstance(row, Row)]
            same[one.name] = list(map(said, found)) == list(map(said, wanted))
    [item] = read_items(io.BytesIO(b'{"id": 1, "md5": "%s", "url": "https://cats.example/"}' % MD5_CODE.hex().encode()))
    [report] = read_reports(io.BytesIO(b'{"portal": "mn", "items": [{"md5": "%s"}]}' % MD5_CODE.hex().encode()))
    return {"same": same, "item_signals": len(item.signals), "report_items": len(report.items)}


def calls(address):
    """Propose, confirm, import, check in every way, report, look, and be refused."""
    told: dict[str, Any] = {}
    with HashsvcClient(address, actor="ann") as ann:
        bob = ann.acting_as("bob")
        rows = list(file_rows())
        entry = ann.propose(Content("iwf", rows[0].signals, content_id="17", details=rows[0].details)).entry
        told["confirmed"] = bob.confirm(entry.entry_id).entry.state
        batch = ann.create_batch(b"\x01" * 32, "iwf").batch
        told["imported"] = sum(one.inserted_count for one in ann.import_many(rows[1:], batch_id=batch.batch_id))
        sealed = ann.seal(batch.batch_id).batch
        told["batch"] = bob.confirm_batch(sealed.batch_id, sealed.digest).batch.state
        mirrored = Signal(PDQ, orientations(PDQ_CODE)[1].tobytes(), 100)
        told["check"] = ann.check([Signal(PDQ, PDQ_CODE, 100)]).verdict
        told["host"] = ann.check([Signal(URL, b"http://cats.example/a?b")]).verdict
        told["many"] = [one.verdict for one in ann.check_many([(1, rows[0].signals), (2, [mirrored]), (3, [HOST])])]
        with_prefixes = PrivateChecker(ann)
        told["private"] = [
            one.verdict for one in with_prefixes.check_many([(1, [HOST]), (2, [Signal(MD5, b"\x09" * 16)])])
        ]
        told["entries"] = len(list(ann.list_entries()))
        told["history"] = [one.kind for one in ann.history(entry.entry_id)]
        told["changes"] = len(ann.read_changes(0).changes)
        told["states"] = ann.stats().states
        report = NewReport(items=[NewItem([Signal(MD5, b"\x07" * 16)]), NewItem([Signal(MD5, MD5_CODE)])])
        receipt = ann.submit_report(report).receipt
        assert receipt is not None
        told["report"] = [item.state for item in receipt.items]
        told["reporter"] = ann.report_state(receipt.code)
        case = ann.acting_as("cleo").claim_case()
        told["case"] = (case.case.report_count, len(case.items))
        told["effect"] = ann.get_effect().hotline.reports_received
        told["takedowns"] = len(list(ann.list_takedowns()))
        told["policy"] = ann.get_policy().people_required
        try:
            ann.confirm(entry.entry_id, ordinals=[99])
        except ServerError as error:
            told["refused"] = (error.reason, error.field)
    return told


async def calls_async(address):
    async with AsyncHashsvcClient(address) as client:
        return [one.verdict async for one in client.check_many([(1, [Signal(MD5, MD5_CODE)])])]


found = {"files": files(), "calls": calls(sys.argv[1]), "async": asyncio.run(calls_async(sys.argv[1]))}
sys.stdout.write(json.dumps(found))
