"""What each vector of data/url_vectors.json says comes true."""

from __future__ import annotations

from typing import Any

import pytest

from hashsvc.errors import InvalidArgument
from hashsvc.signals.url import Url, canonicalise
from hashsvc.signals.url_entries import check_entry, registrable
from hashsvc.signals.url_expressions import Scope, entry_rows, expression_hash, lookup_keys, met, probes
from hashsvc.signals.url_loose import loose_of
from tests.signals.url_vectors import vectors

Vector = dict[str, Any]


def outcome(text: str, *, refang: bool = True) -> Url | str:
    """The canonical form, or the reason of the refusal."""
    try:
        return canonicalise(text, refang=refang)
    except InvalidArgument as error:
        return error.reason


def strict_or_reason(text: str) -> str:
    found = outcome(text)
    return found if isinstance(found, str) else found.strict


def how_met(kind: int, entry: str, url: str) -> int:
    """How a look-up meets an entry: the least of what its keys say."""
    rows = dict(entry_rows(kind, canonicalise(entry, refang=False)))
    roles, digests = lookup_keys(url)
    found = [
        met(role, rows[digest])
        for role, digest in zip(roles, (digests[at : at + 32] for at in range(0, len(digests), 32)), strict=True)
        if digest in rows
    ]
    return min((how for how in found if how >= 0), default=-1)


@pytest.mark.parametrize("vector", vectors("wpt_parse", "wpt_other_scheme", "gsb_canonical", "clean_up"))
def test_a_url_becomes_what_it_should_or_is_refused(vector: Vector) -> None:
    """A browser's reading decides what is a URL; what people wrap round it and write into it is undone."""
    assert strict_or_reason(vector["input"]) == (vector.get("refused") or vector["canonical"])


@pytest.mark.parametrize("vector", vectors("idn_host"))
def test_a_host_in_any_script_has_one_spelling(vector: Vector) -> None:
    """Mongolian and Kazakh names, upper case, other full stops: one name in A-labels; what is none is refused."""
    found = outcome(f"http://{vector['input']}/")
    assert (None if isinstance(found, str) else found.host) == vector["host"]


@pytest.mark.parametrize("vector", vectors("wpt_toascii", "idna_v2_sample"))
def test_hosts_are_those_of_the_url_standard_within_the_bounds_of_names(vector: Vector) -> None:
    """Of the URL Standard's hosts, only those with an empty or too long label, or too long, are refused."""
    output = vector["output"]
    if output is not None:
        output = output.rstrip(".")
        if len(output) > 253 or any(not 1 <= len(label) <= 63 for label in output.split(".")):
            output = None
    found = outcome(f"http://{vector['input']}")
    assert (None if isinstance(found, str) else found.host) == output


@pytest.mark.parametrize("vector", vectors("expressions"))
def test_a_url_is_looked_for_under_these_expressions(vector: Vector) -> None:
    """The page, its path, the folders it is in, its host, and the names that is in."""
    expected = {(each["kind"], each["expression"]) for each in vector["hashsvc_probes"]}
    found = [(scope.name, expression) for scope, expression in probes(canonicalise(vector["url"]))]
    assert (set(found), len(found)) == (expected, len(expected))


@pytest.mark.parametrize("vector", vectors("hash"))
def test_an_expression_is_hashed_as_it_stands(vector: Vector) -> None:
    """SHA-256 of the text, nothing before or after it."""
    assert expression_hash(vector["expression"]).hex() == vector["sha256"]


@pytest.mark.parametrize("vector", vectors("pairs"))
def test_two_urls_are_the_same_page_probably_or_not(vector: Vector) -> None:
    """Same: one strict key. Likely: one loose key. Different: neither."""
    a, b = canonicalise(vector["a"]), canonicalise(vector["b"])
    relation = "same" if a.strict == b.strict else "likely" if loose_of(a) == loose_of(b) else "different"
    assert relation == vector["relation"]


@pytest.mark.parametrize("vector", vectors("pairs"))
def test_a_look_up_meets_a_page_as_its_url_is_related(vector: Vector) -> None:
    """Whichever of two URLs is listed, the other meets it strictly, loosely or not at all."""
    expected = {"same": (0, 1), "likely": (2,), "different": (-1,)}[vector["relation"]]
    assert how_met(Scope.PAGE, vector["a"], vector["b"]) in expected
    assert how_met(Scope.PAGE, vector["b"], vector["a"]) in expected


@pytest.mark.parametrize("vector", vectors("scope"))
def test_an_entry_covers_what_its_scope_says(vector: Vector) -> None:
    """A PAGE itself, a PATH every query, a PREFIX its folder, a HOST itself, a DOMAIN its subdomains; nothing else."""
    entry = vector["entry"]
    assert (how_met(Scope[entry["kind"]], entry["url"], vector["url"]) in (0, 1)) == vector["match"]


@pytest.mark.parametrize("vector", vectors("entry_rules"))
def test_only_what_is_narrow_and_public_may_be_listed(vector: Vector) -> None:
    """What would cover strangers, or mean another host to everybody else, is refused with its reason."""
    try:
        check_entry(vector["url"], Scope[vector["kind"]])
        refused = None
    except InvalidArgument as error:
        refused = error.reason
    assert refused == vector["refused"]


@pytest.mark.parametrize("vector", vectors("psl"))
def test_the_registered_name_is_that_of_the_public_suffix_list(vector: Vector) -> None:
    """Both of the list's sections, in A-labels and in U-labels."""
    assert registrable(vector["input"]) == vector["registrable"]
