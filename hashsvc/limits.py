"""Every bound of the service, and the relations between them.

Nothing here can be changed at run time; what an operator may set stands in `config.py` and is checked against this.
"""

from __future__ import annotations

# On the wire.
UNARY_BYTES_MAX = 64 * 1024  # Check and single-entry calls (docs/design.md, On the wire)
BULK_BYTES_MAX = 4 * 1024 * 1024  # BatchCheck, ImportEntries
BATCH_CHECK_ITEMS_MAX = 10_000
IMPORT_ENTRIES_MAX = 2_000  # entries of one ImportEntries call
CHECK_SIGNALS_MAX = 64  # signals of one item in Check
DEADLINE_MS_MAX = 30_000  # longest deadline a caller may set (docs/measured.md 11); none at all is refused
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000
PAGE_TOKEN_CHARS_MAX = 64
EVIDENCE_DEFAULT = 8  # evidence listed in an answer, best first; the verdict is decided from all of it
EVIDENCE_MAX = 100

# Strings, in characters unless said.
REQUEST_ID_CHARS_MAX = 64
CALLER_REFERENCE_CHARS_MAX = 128
ACTOR_CHARS_MAX = 64
CONTENT_ID_CHARS_MAX = 256
SOURCE_CHARS_MAX = 128  # organisation and environment, each
NOTE_CHARS_MAX = 2_000
REASON_CODE_CHARS_MAX = 64
LABEL_CHARS_MAX = 64  # scheme and value of a classification, flags, media type, age band
CLASSIFICATIONS_MAX = 32
FLAGS_MAX = 32
URL_BYTES_MAX = 8_192  # UTF-8, as written and as canonical (docs/urls.md, The strict form)
FINGERPRINT_CHARS_MAX = 320  # the longest spelling of the longest fingerprint (PhotoDNA hex is 288)

# In the list.
ENTRY_SIGNALS_MAX = 128  # ordinals an entry can use over its life: the header's mask is 128 bits
PEOPLE_REQUIRED_MIN = 2  # docs/design.md, Rules that never bend
PEOPLE_REQUIRED_MAX = 8
PAYLOAD_BYTES_MAX = 64 * 1024
POLICY_BYTES_MAX = 48 * 1024  # of a policy's text, UTF-8; the one that comes with hashsvc has 2 KiB
POLICY_VERSION_CHARS_MAX = 64
SEEN_LIVE_MAX = 5_000  # entries, and URLs, of one MarkSeenLive call
SEEN_LIVE_SIGNALS_MAX = 8_000  # URL signals of one change, 8 bytes each: fits a payload
COVERED_SCAN_MAX = 10_000  # URLs below a wide one that are counted for a notice
PREFIXES_MAX = 1_000  # hash prefixes of one CheckPrefixes call
REQUEST_ID_KEPT_US = 7 * 24 * 3600 * 1_000_000  # 7 days (docs/design.md, Writing)
MAP_BYTES_DEFAULT = 64 * 1024**3  # address space, not disk; never changed while serving (docs/measured.md 4)
DISK_FREE_BYTES_MIN = 4 * 1024 * 1024  # before writes go on after a failed commit: room for a group of the largest
READERS_MAX = 1024  # LMDB's default of 126 is too few (docs/measured.md 7)

# In casework.
REPORTS_MAX = 100  # reports of one SubmitReports call
REPORT_ITEMS_MAX = 1_000  # items of one report
REPORTS_ITEMS_MAX = 2_000  # items of all reports of one call: they are checked, and written in one transaction
COMMENT_CHARS_MAX = 2_000
CONTENT_REF_CHARS_MAX = 256
CONTACT_CHARS_MAX = 256
REFERENCE_CODE_CHARS_MAX = 64  # twelve digits, and whatever people type between them
RETENTION_DAYS_MAX = 3_650
TAKEDOWN_MARKS_MAX = 1_000  # marks of one MarkTakedowns call
RECIPIENT_CHARS_MAX = 128  # the host or partner hotline that a notice went to

# In the journals of matches.
JOURNAL_RECORD_BYTES_MAX = 1024 * 1024  # one answer: 10,000 items and 32,000 entries that it names are 0.7 MB
JOURNAL_DAYS_MIN = 1  # today's file is being written
JOURNAL_DAYS_MAX = 3_650

# In the index.
PDQ_RADIUS_MAX = 64  # bits; THOROUGH needs 45
PHASH64_RADIUS_MAX = 12  # bits; beyond, chance alone matches (docs/measured.md 15)
DELTA_CODES_MAX = 8_192  # signals; beyond, the writer writes a segment
SEGMENTS_LIVE_MAX = 64  # live segments; beyond, imports wait for folding
SEGMENT_TABLE_CODES_MIN = 16_384  # fewer codes are scanned, no tables

# In a worker.
BULK_RUNNING_MAX = 2  # bulk calls that run at once in a worker (docs/design.md, On the wire)
BULK_WAITING_MAX = 4  # bulk calls that wait within their deadline; the rest is refused with RetryInfo
IMPORT_RUNNING_MAX = 8  # imports that are validated or wait for their commit; they are committed together
IMPORT_WAITING_MAX = 8
HANDLER_THREADS = 16
WRITE_QUEUE_MAX = 256  # requests waiting for the writer thread
WRITE_GROUP_MAX = 128  # requests committed together
WRITE_GROUP_ENTRIES_MAX = 8_000  # entries committed together

assert UNARY_BYTES_MAX < BULK_BYTES_MAX
assert BATCH_CHECK_ITEMS_MAX * (32 + 16 + 20 + 32 + 8 + 1) < BULK_BYTES_MAX, "a full batch of common signals fits"
assert EVIDENCE_DEFAULT <= EVIDENCE_MAX
assert SEEN_LIVE_SIGNALS_MAX * 8 < PAYLOAD_BYTES_MAX
assert CHECK_SIGNALS_MAX * URL_BYTES_MAX > UNARY_BYTES_MAX, "the size of a Check bounds its URLs"
assert REPORT_ITEMS_MAX <= REPORTS_ITEMS_MAX < 2**16, "casework numbers a report's items with 16 bits"
assert IMPORT_ENTRIES_MAX <= WRITE_GROUP_ENTRIES_MAX
assert BULK_RUNNING_MAX + BULK_WAITING_MAX < HANDLER_THREADS, "bulk can never take every thread"
assert min(PAYLOAD_BYTES_MAX, UNARY_BYTES_MAX) > POLICY_BYTES_MAX + 4 * (NOTE_CHARS_MAX + POLICY_VERSION_CHARS_MAX)
assert 2 <= PEOPLE_REQUIRED_MIN <= PEOPLE_REQUIRED_MAX
