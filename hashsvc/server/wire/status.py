"""The only table from a reason to a gRPC code, and how an error travels: code, text, details, metadata.

The reason stands in three places, for three kinds of caller: `google.rpc.ErrorInfo` in the rich status, the trailing
metadata `hashsvc-reason`, and in brackets at the end of the text.
"""

from __future__ import annotations

from typing import NamedTuple

import grpc
from google.rpc import code_pb2, error_details_pb2, status_pb2

from hashsvc import errors
from hashsvc.errors import HashsvcError, ResourceExhausted

DOMAIN = "hashsvc"
REASON_KEY = "hashsvc-reason"
DETAILS_KEY = "grpc-status-details-bin"  # gRPC's own name for the rich status

_C = grpc.StatusCode


class Row(NamedTuple):
    """What a reason means on the wire. retry_ms: when to come back unless the error says better; 0: no use."""

    code: grpc.StatusCode
    meaning: str
    retry_ms: int = 0


_INVALID = {
    "MALFORMED_REQUEST": "The bytes are not a message of this method.",
    "DEADLINE_REQUIRED": "The call has no deadline.",
    "DEADLINE_TOO_LONG": "The deadline is further away than 30 s.",
    "ACTOR_REQUIRED": "A write without, or with an unusable, `hashsvc-actor` in its metadata.",
    "REQUIRED": "A required field is empty.",
    "PAYLOAD_TOO_LARGE": "What a change would store is larger than a record may be.",
    "TOO_LONG": "A text has more characters than its field allows.",
    "TOO_MANY": "A repeated field has more elements than it allows.",
    "BAD_CHARACTERS": "A text has characters that its field does not allow.",
    "BAD_VALUE": "A number or choice is outside what its field allows.",
    "BAD_ID": "An id is not 32 lower-case hex characters.",
    "BAD_PAGE_SIZE": "The page size is not 1 to 1,000.",
    "BAD_PAGE_TOKEN": "The page token is not one that this request's list gave.",
    "BAD_LENGTH": "A fingerprint, or a column of them, has the wrong length.",
    "BAD_ALPHABET": "The spelling of a fingerprint has characters that do not belong to it.",
    "BAD_QUALITY": "A quality is not 0 to 100.",
    "UNKNOWN_TYPE": "No such type of signal.",
    "UNEQUAL_COLUMNS": "A column does not have item_count values.",
    "EMPTY_BATCH": "No items.",
    "TOO_MANY_ITEMS": "More items or entries than one call may bring.",
    "EMPTY_ITEM": "No signal.",
    "TOO_MANY_SIGNALS": "More signals than one item may have.",
    "WEAK_FINGERPRINT": "The fingerprint is too weak to mean anything.",
    "DUPLICATE_SIGNAL": "Two signals of one entry are equal.",
    "SOURCE_REQUIRED": "An entry without a source organisation.",
    "BAD_ALGORITHM": "The name of the algorithm is too long.",
    "SIGNAL_NOT_CONFIGURED": "The policy has no thresholds for this type, so it was not searched.",
    "UNKNOWN_ORDINAL": "The entry has no signal of this number.",
    "RADIUS_OUT_OF_RANGE": "The search is wider than the index allows.",
    "BAD_PEOPLE_REQUIRED": "Fewer or more people than a list can demand.",
    "POLICY_INVALID": "The policy is wrong; the text names the field.",
    "POLICY_TOO_LARGE": "The policy has more bytes than one may have.",
    "CROSSWALK_INVALID": "The crosswalk of categories is wrong; the text names the place.",
    "UNKNOWN_SCHEME": "A scheme of categories that the crosswalk does not know; the text names those that it does.",
    "UNKNOWN_CATEGORY": "The scheme has no such category; the text names those that it has.",
    "NO_IDENTITY": "An entry without content id and without a digest to name it by.",
    "BAD_TIME": "A time outside the years 1970 to 9999.",
    "IN_THE_FUTURE": "A time ahead of the service's clock.",
    "NO_PREFIXES": "A type of signal that cannot be looked up by the first bytes of its hash.",
    "BAD_UTF8": "A URL that is not UTF-8.",
    "EMPTY": "A URL without a character in it.",
    "INVALID_URL": "No URL that a browser could open.",
    "INVALID_HOST": "A URL whose host has an empty label, or one longer than DNS allows.",
    "NO_HOST": "A URL without a host.",
    "UNSUPPORTED_SCHEME": "A URL that is neither http nor https.",
    "PUBLIC_SUFFIX": "A HOST or DOMAIN under which anybody can register a name.",
    "SHARED_HOST": "A host that many share who have nothing to do with one another.",
    "IP_HOST": "A HOST or DOMAIN that is an address: many sites may share it.",
    "NOT_PUBLIC": "A URL that means another thing on every network, or nothing.",
    "WILDCARD": "A * in a URL's host; DOMAIN covers all hosts below a name.",
    "HAS_PATH": "A HOST or DOMAIN with a path or a query.",
    "HAS_ROUTE": "A PATH with a fragment that names the page.",
    "BAD_PREFIX": "A PREFIX that does not end in /, or has a query.",
    "TOO_DEEP": "A PREFIX of more than 6 levels, or a DOMAIN of more than 7 labels.",
    "BAD_CODE": "No reference code, or one with a wrong digit.",
    "BAD_ADDRESS": "An address is not HOST:PORT.",
    "BAD_CONFIG": "A setting is outside its limits.",
    "UNSAFE_LISTEN": "Not a loopback address; there is no TLS.",
}
_PRECONDITION = {
    "OTHER_OWNER": "Files of the list belong to another user than the one that runs this.",
    "READ_ONLY_FILE_SYSTEM": "The list's disk cannot be written to; reading works there, this does not.",
    "OPENED_READ_ONLY": "The store was opened for reading only.",
    "OTHER_LIST": "The request demands another list.",
    "LIST_RESTORED": "The request demands another epoch: the list was restored since.",
    "REQUEST_ID_REUSED": "The request id came before, with another request.",
    "ETAG_MISMATCH": "The entry changed since it was read.",
    "DIGEST_MISMATCH": "The batch's digest is another.",
    "ILLEGAL_TRANSITION": "No signal that is meant is in a state that this action applies to.",
    "SELF_CONFIRMATION": "Who proposes, or asks for a retraction, does not confirm it.",
    "ALREADY_CONFIRMED_BY_ACTOR": "This person has confirmed already; somebody else must.",
    "NOT_INDEPENDENT": "This person had a part in the decisions before; somebody else settles the dispute.",
    "RETRACTION_UNDER_WAY": "A retraction was asked for already; somebody else confirms it.",
    "NO_RETRACTION": "Nobody asked for a retraction.",
    "POLICY_VERSION_USED": "Another policy has this version.",
    "POLICY_REPLACED": "Another policy waits for people than the one that was looked at.",
    "POLICY_UNREADABLE": "The list's policy was written for another version of hashsvc; this one serves nothing by it.",
    "SIGNAL_NOT_LIVE": "The signal was rejected or retracted; an import does not bring it back.",
    "BATCH_NOT_SEALED": "The batch still takes entries; seal it first.",
    "BATCH_EMPTY": "The batch has brought nothing, so there is nothing to seal.",
    "BATCH_SEALED": "The batch takes no more entries.",
    "BATCH_DISPUTED": "The batch is disputed as a whole; settle that first.",
    "ALREADY_ASSESSED_BY_ACTOR": "This person has given an opinion on the case; somebody else must.",
    "CASE_CLAIMED": "Somebody else is looking at the case.",
    "CASE_CLOSED": "The case is not open any more.",
    "HOLDS_ANOTHER": "This person looks at another case; one at a time.",
    "NOT_YOURS": "The case is not claimed by this person, or the claim has ended.",
    "FEEDBACK_NOT_DUE": "Nothing is to be told of the report: it is open, or told to nobody yet.",
    "TAKEDOWN_CHANGED": "The takedown came into the outgoing queue anew since it was listed.",
    "TAKEDOWN_ENDED": "The content is gone, or what made it illegal was retracted.",
    "NOTHING_TO_LIST": "Nothing of what was looked at may stand on the list.",
    "NO_FREE_CODE": "No reference code is free for this request.",
    "PRIVATE_LOOKUPS_OFF": "The service does not answer look-ups by prefix.",
    "OTHER_URL_RULES": "A look-up by prefix made by other rules for URLs than the service's.",
    "URL_KEYS_OUTDATED": "The list's URLs are keyed by rules of another version; `hashsvc rebuild` makes them anew.",
    "ADDRESS_IN_USE": "The port cannot be bound.",
    "ALREADY_SERVING": "Another supervisor serves this list.",
}
_NOT_FOUND = {
    "UNKNOWN_ENTRY": "No such entry.",
    "UNKNOWN_BATCH": "No such batch.",
    "NO_POLICY_PROPOSED": "No policy waits for people.",
    "UNKNOWN_CASE": "No such case, or it was erased.",
    "UNKNOWN_CODE": "No report of this reference code, or it was erased.",
    "UNKNOWN_TAKEDOWN": "No such takedown, or it was erased.",
    "UNKNOWN_REGRADE": "No such case waits to be graded again, or was; or it was erased.",
    "QUEUE_EMPTY": "No open case waits for this person.",
    "UNKNOWN_URL": "No entry lists this URL as PAGE or PATH.",
    "NO_LIVE_URL": "The entry has no URL that is proposed, confirmed or disputed.",
    "NO_BACKUP": "There is no complete backup in this directory.",
    "NO_LIST": "There is no list in this directory.",
}
_EXISTS = {
    "ENTRY_EXISTS": "Live signals of this identity exist: amend the entry.",
    "NOT_EMPTY": "The directory is not empty; nothing is overwritten.",
}
_RANGE = {"FUTURE_SEQUENCE": "The sequence is past the head of the log."}
_EXHAUSTED = {
    "MESSAGE_TOO_LARGE": ("The message is larger than the method takes.", 0),
    "TOO_MANY_CALLS": ("The worker has no room for another call of this kind.", 100),
    "TOO_MANY_BULK_CALLS": ("The worker has no room for another bulk call.", 200),
    "TOO_MANY_PAGE_CALLS": ("The worker has no room for another call that reads pages.", 200),
    "WRITE_QUEUE_FULL": ("Too many writes wait for their commit.", 200),
    "DISK_FULL": ("The list's disk has no room for a write.", 0),
    "EXPOSURE_LIMIT": ("This person has looked at cases for as long as a day allows.", 0),
    "BREAK_DUE": ("This person has looked at cases for long enough without a break.", 60_000),
    "TOO_MANY_MISSES": ("More wrong reference codes than a worker answers in a minute.", 1_000),
    "PREFIX_QUOTA": ("More different hash prefixes than a worker answers in a day.", 0),
    "FOLDING_BEHIND": ("Imports outrun the folding of the search index and wait for it.", 1_000),
    "LIST_FULL": ("The list's store is full; nothing was written.", 0),
}
_UNAVAILABLE = {
    "COULD_NOT_VERIFY": ("There was no room to verify the list; nothing is known of it.", 0),
    "STORE_NOT_WRITTEN": ("A file of the store could not be written; the text says where.", 2_000),
    "LIST_READ_ONLY": ("A commit failed; writes wait until the list is verified. Checks go on.", 2_000),
    "COMMIT_FAILED": ("The outcome of the write is unknown: send it again with the same request id.", 2_000),
    "DRAINING": ("The worker is stopping.", 500),
    "JOURNAL_FAILED": ("There are matches and they cannot be journaled, so they are not told.", 2_000),
    "LIST_REBUILDING": ("The views are being made anew from the log.", 1_000),
    "SEGMENT_MISSING": ("A file of the search index is not there.", 1_000),
    "NOT_READY": ("The worker cannot read the list.", 1_000),
}
_DEADLINE = {
    "DEADLINE_EXCEEDED": "The time ran out before the answer was ready; nothing partial is given.",
}
_DAMAGED = {
    "DAMAGED_CASEWORK": "Casework names a report or takedown that it does not hold, or has lost its file.",
    "LIST_DAMAGED": "A scrub found the list damaged: nothing is answered until it was rebuilt and verified.",
    "DAMAGED_DATA": "A stored record or file fails its checksum or bounds.",
    "DAMAGED_STORE": "The store itself reports damage.",
    "DAMAGED_HEAD": "The head of the log does not fit its last change.",
    "DAMAGED_LOG": "The chain of the log is broken.",
    "DAMAGED_RECORD": "A change fails its commitment or bounds.",
    "DAMAGED_VALUE": "A stored value does not decode.",
    "DAMAGED_VIEW": "A view names what the list does not hold.",
    "DAMAGED_MANIFEST": "The manifest of the search index is wrong.",
    "DAMAGED_SEGMENT": "A file of the search index fails its checksum or bounds.",
    "SEGMENT_TABLE": "A table of the search index points outside its arrays.",
    "DAMAGED_BACKUP": "The backup does not verify.",
    "BROKEN_WORKFLOW": "The log holds a change that its rules forbid.",
    "PAYLOAD_ERASED": "What the repeated request did was erased since.",
    "WRONG_FORMAT": "The directory holds no list of a format that this version reads.",
    "WRONG_ENGINE": "Another LMDB engine is loaded than the list was written by.",
    "UNSAFE_FLAGS": "The store is not opened with its durable options.",
}

INTERNAL = "INTERNAL"

REASONS: dict[str, Row] = {
    **{reason: Row(_C.INVALID_ARGUMENT, meaning) for reason, meaning in _INVALID.items()},
    **{reason: Row(_C.FAILED_PRECONDITION, meaning) for reason, meaning in _PRECONDITION.items()},
    **{reason: Row(_C.NOT_FOUND, meaning) for reason, meaning in _NOT_FOUND.items()},
    **{reason: Row(_C.ALREADY_EXISTS, meaning) for reason, meaning in _EXISTS.items()},
    **{reason: Row(_C.OUT_OF_RANGE, meaning) for reason, meaning in _RANGE.items()},
    **{reason: Row(_C.RESOURCE_EXHAUSTED, meaning, retry_ms) for reason, (meaning, retry_ms) in _EXHAUSTED.items()},
    **{reason: Row(_C.UNAVAILABLE, meaning, retry_ms) for reason, (meaning, retry_ms) in _UNAVAILABLE.items()},
    **{reason: Row(_C.DEADLINE_EXCEEDED, meaning) for reason, meaning in _DEADLINE.items()},
    **{reason: Row(_C.DATA_LOSS, meaning) for reason, meaning in _DAMAGED.items()},
    INTERNAL: Row(_C.INTERNAL, "A fault of ours; the text names an incident that the log explains."),
}

# What an error's class says of its code; a reason's row must agree (tests/server/test_status.py), and a reason that
# is not in the table yet travels with its class's code.
CLASS_CODES: dict[type[HashsvcError], grpc.StatusCode] = {
    errors.InvalidArgument: _C.INVALID_ARGUMENT,
    errors.FailedPrecondition: _C.FAILED_PRECONDITION,
    errors.NotFound: _C.NOT_FOUND,
    errors.AlreadyExists: _C.ALREADY_EXISTS,
    errors.OutOfRange: _C.OUT_OF_RANGE,
    errors.Unavailable: _C.UNAVAILABLE,
    errors.ResourceExhausted: _C.RESOURCE_EXHAUSTED,
    errors.DeadlineExceeded: _C.DEADLINE_EXCEEDED,
    errors.DamagedData: _C.DATA_LOSS,
}


class Status(NamedTuple):
    """An error as gRPC takes it. metadata: trailing, without the worker's number."""

    code: grpc.StatusCode
    text: str
    metadata: tuple[tuple[str, str | bytes], ...]


def status_of(error: HashsvcError) -> Status:
    """Translate an error."""
    row = REASONS.get(error.reason)
    code = row.code if row is not None else _code_of_class(error)
    retry_ms = row.retry_ms if row is not None else 0
    if isinstance(error, ResourceExhausted) and error.retry_after_ms is not None:
        retry_ms = error.retry_after_ms
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)
    if error.item is not None:
        info.metadata["item"] = str(error.item)
    rich = status_pb2.Status(code=code_pb2.Code.Value(code.name), message=str(error))
    rich.details.add().Pack(info)
    if error.field:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=error.field, description=error.message, reason=error.reason
        )
        rich.details.add().Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    if retry_ms:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(retry_ms)
        rich.details.add().Pack(retry)
    return Status(code, rich.message, ((REASON_KEY, error.reason), (DETAILS_KEY, rich.SerializeToString())))


def internal_status(incident: str) -> Status:
    """Make the answer to an unexpected error: nothing but the incident's id."""
    row = REASONS[INTERNAL]
    text = f"unexpected error, incident {incident} [{INTERNAL}]"
    rich = status_pb2.Status(code=code_pb2.Code.Value(row.code.name), message=text)
    rich.details.add().Pack(
        error_details_pb2.ErrorInfo(reason=INTERNAL, domain=DOMAIN, metadata={"incident": incident})
    )
    return Status(row.code, text, ((REASON_KEY, INTERNAL), (DETAILS_KEY, rich.SerializeToString())))


def markdown() -> str:
    """Write the table of reasons for the docs."""
    rows = ["| reason | code | meaning | retry |", "|---|---|---|---|"]
    for reason, row in sorted(REASONS.items(), key=lambda item: (item[1].code.value[0], item[0])):
        retry = f"after {row.retry_ms} ms" if row.retry_ms else ""
        rows.append(f"| `{reason}` | {row.code.name} | {row.meaning} | {retry} |")
    return "\n".join(rows) + "\n"


def _code_of_class(error: HashsvcError) -> grpc.StatusCode:
    for kind in type(error).__mro__:
        code = CLASS_CODES.get(kind)
        if code is not None:
            return code
    return grpc.StatusCode.INTERNAL
