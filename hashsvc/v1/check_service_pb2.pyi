from hashsvc.v1 import entry_pb2 as _entry_pb2
from hashsvc.v1 import position_pb2 as _position_pb2
from hashsvc.v1 import signal_pb2 as _signal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Effort(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EFFORT_UNSPECIFIED: _ClassVar[Effort]
    EFFORT_STANDARD: _ClassVar[Effort]
    EFFORT_THOROUGH: _ClassVar[Effort]

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_KNOWN: _ClassVar[Verdict]
    VERDICT_LIKELY: _ClassVar[Verdict]
    VERDICT_PENDING: _ClassVar[Verdict]
    VERDICT_NEW: _ClassVar[Verdict]

class Orientation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORIENTATION_UNSPECIFIED: _ClassVar[Orientation]
    ORIENTATION_AS_GIVEN: _ClassVar[Orientation]
    ORIENTATION_MIRRORED: _ClassVar[Orientation]
    ORIENTATION_FLIPPED: _ClassVar[Orientation]
    ORIENTATION_ROTATED_90: _ClassVar[Orientation]
    ORIENTATION_ROTATED_180: _ClassVar[Orientation]
    ORIENTATION_ROTATED_270: _ClassVar[Orientation]
    ORIENTATION_TRANSPOSED: _ClassVar[Orientation]
    ORIENTATION_TRANSVERSED: _ClassVar[Orientation]

class Cap(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAP_UNSPECIFIED: _ClassVar[Cap]
    CAP_QUERY_QUALITY: _ClassVar[Cap]
    CAP_LISTED_QUALITY: _ClassVar[Cap]
    CAP_ORIENTATION: _ClassVar[Cap]
    CAP_CONTRADICTING_DIGESTS: _ClassVar[Cap]
    CAP_DISPUTED: _ClassVar[Cap]
    CAP_TYPE: _ClassVar[Cap]
    CAP_LOOSE_URL: _ClassVar[Cap]
    CAP_NOT_SEEN_LIVE: _ClassVar[Cap]
    CAP_EMBEDDED: _ClassVar[Cap]
    CAP_TRACKING: _ClassVar[Cap]
    CAP_SHARED_HOST: _ClassVar[Cap]

class UrlForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    URL_FORM_UNSPECIFIED: _ClassVar[UrlForm]
    URL_FORM_AS_WRITTEN: _ClassVar[UrlForm]
    URL_FORM_STRIPPED: _ClassVar[UrlForm]
    URL_FORM_LOOSE: _ClassVar[UrlForm]
EFFORT_UNSPECIFIED: Effort
EFFORT_STANDARD: Effort
EFFORT_THOROUGH: Effort
VERDICT_UNSPECIFIED: Verdict
VERDICT_KNOWN: Verdict
VERDICT_LIKELY: Verdict
VERDICT_PENDING: Verdict
VERDICT_NEW: Verdict
ORIENTATION_UNSPECIFIED: Orientation
ORIENTATION_AS_GIVEN: Orientation
ORIENTATION_MIRRORED: Orientation
ORIENTATION_FLIPPED: Orientation
ORIENTATION_ROTATED_90: Orientation
ORIENTATION_ROTATED_180: Orientation
ORIENTATION_ROTATED_270: Orientation
ORIENTATION_TRANSPOSED: Orientation
ORIENTATION_TRANSVERSED: Orientation
CAP_UNSPECIFIED: Cap
CAP_QUERY_QUALITY: Cap
CAP_LISTED_QUALITY: Cap
CAP_ORIENTATION: Cap
CAP_CONTRADICTING_DIGESTS: Cap
CAP_DISPUTED: Cap
CAP_TYPE: Cap
CAP_LOOSE_URL: Cap
CAP_NOT_SEEN_LIVE: Cap
CAP_EMBEDDED: Cap
CAP_TRACKING: Cap
CAP_SHARED_HOST: Cap
URL_FORM_UNSPECIFIED: UrlForm
URL_FORM_AS_WRITTEN: UrlForm
URL_FORM_STRIPPED: UrlForm
URL_FORM_LOOSE: UrlForm

class Chance(_message.Message):
    __slots__ = ("expected_count", "source")
    EXPECTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    expected_count: float
    source: str
    def __init__(self, expected_count: _Optional[float] = ..., source: _Optional[str] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("entry_id", "signal", "query_index", "distance_bits", "distance_squared", "orientation", "state", "verdict", "caps", "query_quality", "listed_quality", "chance", "entry_sequence", "url_scope")
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    QUERY_INDEX_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_BITS_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_SQUARED_FIELD_NUMBER: _ClassVar[int]
    ORIENTATION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    CAPS_FIELD_NUMBER: _ClassVar[int]
    QUERY_QUALITY_FIELD_NUMBER: _ClassVar[int]
    LISTED_QUALITY_FIELD_NUMBER: _ClassVar[int]
    CHANCE_FIELD_NUMBER: _ClassVar[int]
    ENTRY_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    URL_SCOPE_FIELD_NUMBER: _ClassVar[int]
    entry_id: str
    signal: _signal_pb2.SignalType
    query_index: int
    distance_bits: int
    distance_squared: int
    orientation: Orientation
    state: _entry_pb2.State
    verdict: Verdict
    caps: _containers.RepeatedScalarFieldContainer[Cap]
    query_quality: int
    listed_quality: int
    chance: Chance
    entry_sequence: int
    url_scope: _signal_pb2.UrlScope
    def __init__(self, entry_id: _Optional[str] = ..., signal: _Optional[_Union[_signal_pb2.SignalType, str]] = ..., query_index: _Optional[int] = ..., distance_bits: _Optional[int] = ..., distance_squared: _Optional[int] = ..., orientation: _Optional[_Union[Orientation, str]] = ..., state: _Optional[_Union[_entry_pb2.State, str]] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., caps: _Optional[_Iterable[_Union[Cap, str]]] = ..., query_quality: _Optional[int] = ..., listed_quality: _Optional[int] = ..., chance: _Optional[_Union[Chance, _Mapping]] = ..., entry_sequence: _Optional[int] = ..., url_scope: _Optional[_Union[_signal_pb2.UrlScope, str]] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("item", "field", "reason", "message")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    item: int
    field: str
    reason: str
    message: str
    def __init__(self, item: _Optional[int] = ..., field: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class CheckRequest(_message.Message):
    __slots__ = ("signals", "effort", "caller_reference", "at_least", "evidence_max")
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    EFFORT_FIELD_NUMBER: _ClassVar[int]
    CALLER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_MAX_FIELD_NUMBER: _ClassVar[int]
    signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Signal]
    effort: Effort
    caller_reference: str
    at_least: _position_pb2.ListPosition
    evidence_max: int
    def __init__(self, signals: _Optional[_Iterable[_Union[_signal_pb2.Signal, _Mapping]]] = ..., effort: _Optional[_Union[Effort, str]] = ..., caller_reference: _Optional[str] = ..., at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., evidence_max: _Optional[int] = ...) -> None: ...

class CheckResponse(_message.Message):
    __slots__ = ("position", "verdict", "evidence", "evidence_truncated", "policy_version", "problems")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    verdict: Verdict
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    evidence_truncated: bool
    policy_version: str
    problems: _containers.RepeatedCompositeFieldContainer[Problem]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ..., evidence_truncated: _Optional[bool] = ..., policy_version: _Optional[str] = ..., problems: _Optional[_Iterable[_Union[Problem, _Mapping]]] = ...) -> None: ...

class BatchCheckRequest(_message.Message):
    __slots__ = ("item_count", "md5", "md5_present", "sha1", "sha1_present", "sha256", "sha256_present", "pdq", "pdq_present", "pdq_quality", "phash64", "phash64_present", "photodna", "photodna_present", "effort", "caller_reference", "at_least", "evidence_max", "url")
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    MD5_FIELD_NUMBER: _ClassVar[int]
    MD5_PRESENT_FIELD_NUMBER: _ClassVar[int]
    SHA1_FIELD_NUMBER: _ClassVar[int]
    SHA1_PRESENT_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SHA256_PRESENT_FIELD_NUMBER: _ClassVar[int]
    PDQ_FIELD_NUMBER: _ClassVar[int]
    PDQ_PRESENT_FIELD_NUMBER: _ClassVar[int]
    PDQ_QUALITY_FIELD_NUMBER: _ClassVar[int]
    PHASH64_FIELD_NUMBER: _ClassVar[int]
    PHASH64_PRESENT_FIELD_NUMBER: _ClassVar[int]
    PHOTODNA_FIELD_NUMBER: _ClassVar[int]
    PHOTODNA_PRESENT_FIELD_NUMBER: _ClassVar[int]
    EFFORT_FIELD_NUMBER: _ClassVar[int]
    CALLER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_MAX_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    item_count: int
    md5: bytes
    md5_present: bytes
    sha1: bytes
    sha1_present: bytes
    sha256: bytes
    sha256_present: bytes
    pdq: bytes
    pdq_present: bytes
    pdq_quality: bytes
    phash64: bytes
    phash64_present: bytes
    photodna: bytes
    photodna_present: bytes
    effort: Effort
    caller_reference: str
    at_least: _position_pb2.ListPosition
    evidence_max: int
    url: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, item_count: _Optional[int] = ..., md5: _Optional[bytes] = ..., md5_present: _Optional[bytes] = ..., sha1: _Optional[bytes] = ..., sha1_present: _Optional[bytes] = ..., sha256: _Optional[bytes] = ..., sha256_present: _Optional[bytes] = ..., pdq: _Optional[bytes] = ..., pdq_present: _Optional[bytes] = ..., pdq_quality: _Optional[bytes] = ..., phash64: _Optional[bytes] = ..., phash64_present: _Optional[bytes] = ..., photodna: _Optional[bytes] = ..., photodna_present: _Optional[bytes] = ..., effort: _Optional[_Union[Effort, str]] = ..., caller_reference: _Optional[str] = ..., at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., evidence_max: _Optional[int] = ..., url: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchHit(_message.Message):
    __slots__ = ("item", "verdict", "evidence", "evidence_truncated")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    item: int
    verdict: Verdict
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    evidence_truncated: bool
    def __init__(self, item: _Optional[int] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ..., evidence_truncated: _Optional[bool] = ...) -> None: ...

class BatchCheckResponse(_message.Message):
    __slots__ = ("position", "item_count", "hits", "problems", "policy_version")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    HITS_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    item_count: int
    hits: _containers.RepeatedCompositeFieldContainer[BatchHit]
    problems: _containers.RepeatedCompositeFieldContainer[Problem]
    policy_version: str
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., item_count: _Optional[int] = ..., hits: _Optional[_Iterable[_Union[BatchHit, _Mapping]]] = ..., problems: _Optional[_Iterable[_Union[Problem, _Mapping]]] = ..., policy_version: _Optional[str] = ...) -> None: ...

class CheckPrefixesRequest(_message.Message):
    __slots__ = ("type", "prefixes", "at_least", "canon_version")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    PREFIXES_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    CANON_VERSION_FIELD_NUMBER: _ClassVar[int]
    type: _signal_pb2.SignalType
    prefixes: bytes
    at_least: _position_pb2.ListPosition
    canon_version: int
    def __init__(self, type: _Optional[_Union[_signal_pb2.SignalType, str]] = ..., prefixes: _Optional[bytes] = ..., at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., canon_version: _Optional[int] = ...) -> None: ...

class PrefixMatch(_message.Message):
    __slots__ = ("hash", "verdict", "url_scope", "url_form", "entry_id")
    HASH_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    URL_SCOPE_FIELD_NUMBER: _ClassVar[int]
    URL_FORM_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    hash: bytes
    verdict: Verdict
    url_scope: _signal_pb2.UrlScope
    url_form: UrlForm
    entry_id: str
    def __init__(self, hash: _Optional[bytes] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., url_scope: _Optional[_Union[_signal_pb2.UrlScope, str]] = ..., url_form: _Optional[_Union[UrlForm, str]] = ..., entry_id: _Optional[str] = ...) -> None: ...

class CheckPrefixesResponse(_message.Message):
    __slots__ = ("position", "matches", "cache_seconds", "policy_version")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    CACHE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    matches: _containers.RepeatedCompositeFieldContainer[PrefixMatch]
    cache_seconds: int
    policy_version: str
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[PrefixMatch, _Mapping]]] = ..., cache_seconds: _Optional[int] = ..., policy_version: _Optional[str] = ...) -> None: ...
