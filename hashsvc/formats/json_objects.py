"""One JSON object a line: strict reading, with a precise reason where it fails.

The readers decode with msgspec into typed structs, which is fast but says little when it fails and takes the last of
two equal keys. Where it fails, or where a key may stand twice, they come here. Knows nothing of entries.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from hashsvc.errors import InvalidArgument


class RepeatedKeys(dict[str, Any]):
    """An object in which a key stands twice."""


def decode_object(raw: bytes) -> dict[str, Any]:
    """Decode a line that must be one JSON object; objects with a key twice are RepeatedKeys.

    Raises InvalidArgument: BAD_UTF8, BAD_JSON, TOO_DEEP, NOT_AN_OBJECT, DUPLICATE_KEY (of the outermost object).
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidArgument("BAD_UTF8", f"byte {error.start} of the line is not UTF-8") from None
    try:
        msgspec.json.decode(raw)  # stricter than the standard library: no NaN, no half characters
        decoded = json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise InvalidArgument("TOO_DEEP", "the JSON is nested too deeply") from None
    except msgspec.DecodeError as error:
        raise InvalidArgument("BAD_JSON", _without_value(str(error))) from None
    except ValueError:  # numbers of thousands of digits
        raise InvalidArgument("BAD_JSON", "the line is not JSON that can be read") from None
    if not isinstance(decoded, dict):
        raise InvalidArgument("NOT_AN_OBJECT", "the line is JSON but not an object {…}")
    refuse_repeated(decoded, "")
    return decoded


def refuse_repeated(found: dict[str, Any], field: str) -> None:
    """Raise DUPLICATE_KEY if a key of the object stands twice: which of the two is meant, nobody can tell."""
    if isinstance(found, RepeatedKeys):
        raise InvalidArgument("DUPLICATE_KEY", "a key stands twice in the object", field=field)


def take_text(found: dict[str, Any], key: str, field: str) -> str:
    """Take an optional string; null and missing are "". Raises BAD_TYPE."""
    value = found.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidArgument("BAD_TYPE", f"is {_kind(value)}; right is a string", field=field)
    return value


def take_number(found: dict[str, Any], key: str, field: str) -> int | None:
    """Take an optional whole number. Raises BAD_TYPE."""
    value = found.get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise InvalidArgument("BAD_TYPE", f"is {_kind(value)}; right is a whole number", field=field)


def take_flag(found: dict[str, Any], key: str, field: str) -> bool | None:
    """Take an optional true or false. Raises BAD_TYPE."""
    value = found.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise InvalidArgument("BAD_TYPE", f"is {_kind(value)}; right is true or false", field=field)


def take_array(found: dict[str, Any], key: str, field: str) -> list[Any]:
    """Take an optional array; null and missing are empty. Raises BAD_TYPE."""
    value = found.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidArgument("BAD_TYPE", f"is {_kind(value)}; right is an array", field=field)
    return value


def as_object(value: Any, field: str) -> dict[str, Any]:
    """Give back an object without repeated keys. Raises BAD_TYPE, DUPLICATE_KEY."""
    if not isinstance(value, dict):
        raise InvalidArgument("BAD_TYPE", f"is {_kind(value)}; right is an object", field=field)
    refuse_repeated(value, field)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else RepeatedKeys(found)


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "null" if value is None else "an object")


def _without_value(message: str) -> str:
    """Keep of msgspec's message what says where, for example "JSON is malformed: invalid character (byte 12)"."""
    return message if message.startswith(("JSON is malformed", "Input data was truncated")) else "the line is not JSON"
