"""The vectors of data/url_vectors.json, and how URLs are written that are meant to confuse."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

PATH = Path(__file__).parents[2] / "data" / "url_vectors.json"
HOSTS_ONLY = ("idn_host", "wpt_toascii", "idna_v2_sample", "psl")  # groups whose inputs are hosts

# What changes how a URL is read, or looks as if it did.
_WORDS = """
% %25 %2525 %2e %2E . .. ... / // \\ ? # #! #/ #a! #%21x @ : :80 :443 :8080 :0 :99999 [ ] ( ) { } [.] (.) {dot} [:]
[://] [/] \\. www. www.www. utm_a=1 & = + ; %2B %20 %26 %3D %5C %2F %3F %23 sid=1 PHPSESSID= fbclid=x ;jsessionid=1
index.html /index.php xn-- XN-- 0x7f.1 1 09 ::ffff:1.2.3.4 64:ff9b::1.2.3.4 < > " « » “ ” URL: http:// HTTPS://
hxxp:// h**p:// a A Z %41 %7e %c3%a9 %C3%a9 | ^ ` ' * ! $ , ~ _ - a.b.c.d.e.f.g.h. /1/2/3/4/5/6/7/
"""
BITS = [*_WORDS.split(), *"\t\n\r \0\x1f\x7f\x85\xa0\xad\u200b\u200d\u2060\ufeff\ud800\udc00é😀ſKß。．İ"]


@cache
def groups() -> dict[str, list[dict[str, Any]]]:
    """Give the vectors by group."""
    found: dict[str, list[dict[str, Any]]] = json.loads(PATH.read_text("utf-8"))["groups"]
    return found


def vectors(*names: str) -> list[Any]:
    """Give the vectors of some groups as pytest's parameters."""
    import pytest

    return [pytest.param(vector, id=vector["id"]) for name in names for vector in groups()[name]]


@cache
def texts() -> list[str]:
    """Give every URL that the vectors name."""
    found = []
    for name, members in groups().items():
        for vector in members:
            urls = [vector[key] for key in ("input", "url", "a", "b") if isinstance(vector.get(key), str)]
            found += [f"http://{url}" if name in HOSTS_ONLY else url for url in urls]
    return found


@st.composite
def hostile(draw: st.DrawFn) -> str:
    """Draw a URL of the vectors with up to five changes, or bits in any order."""
    if draw(st.integers(0, 9)) == 0:
        return "".join(draw(st.lists(st.sampled_from(BITS) | st.text(max_size=3), max_size=12)))
    text = draw(st.sampled_from(texts()))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(text)))
        match draw(st.integers(0, 3)):
            case 0 | 1:
                text = text[:at] + draw(st.sampled_from(BITS)) + text[at:]
            case 2:
                text = text[:at] + text[at + draw(st.integers(1, 4)) :]
            case _:
                text = text[:at] + draw(st.sampled_from(texts()))[-draw(st.integers(1, 30)) :]
    return text
