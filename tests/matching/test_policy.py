"""The policy file: what it says, what it refuses, what an operator is told."""

from __future__ import annotations

import pytest

from hashsvc.errors import InvalidArgument, InvariantError
from hashsvc.files import read_shipped
from hashsvc.matching.policy import US_A_DAY, Tracking, load_policy, parse_policy
from hashsvc.matching.values import Effort
from hashsvc.signals import MD5, PDQ, PHASH64, PHOTODNA, SHA256, URL

CHANCE = read_shipped("chance.json")
SHIPPED = read_shipped("policy.toml")


def test_shipped() -> None:
    """The policy that comes with hashsvc: PDQ closes at 20, shows at 31 and 45; pHash never closes, shows at 4."""
    shipped = load_policy()

    pdq, phash = shipped.rules[PDQ], shipped.rules[PHASH64]
    assert pdq is not None
    assert phash is not None
    assert (pdq.close, pdq.radius(Effort.STANDARD), pdq.radius(Effort.THOROUGH)) == (20, 31, 45)
    assert (pdq.quality_min, pdq.may_close) == (50, True)
    assert (phash.may_close, phash.radius(Effort.STANDARD), phash.radius(Effort.THOROUGH)) == (False, 4, 4)
    assert shipped.rules[MD5] is not None
    assert shipped.version == "2"
    url = shipped.rules[URL]
    assert url is not None
    assert url.url is not None
    assert (url.may_close, url.is_digest, url.close) == (True, False, 0)
    assert (url.url.tracking, url.url.loose, url.url.stale_us) == (Tracking.ON, True, 30 * US_A_DAY)


def test_photodna_has_no_default() -> None:
    """PhotoDNA has no thresholds by default, and an operator is told at start what that means."""
    shipped = load_policy()

    assert shipped.rules[PHOTODNA] is None
    (warning,) = shipped.warnings()
    assert "PhotoDNA" in warning
    assert "SIGNAL_NOT_CONFIGURED" in warning
    assert not parse_policy(SHIPPED + "[photodna]\nmay_close = false\nshow_standard = 9\n", CHANCE).warnings()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "version"),
        ("version = 1", "version"),
        ('version = ""', "version"),
        (f'version = "{"v" * 65}"', "version"),
        ('version = "a\\tb"', "version"),
        ('version = "1"\n[pdp]\n', "pdp"),
        ('version = "1"\npdq = 1', "pdq"),
        ('version = "1"\n[pdq]\nmay_close = true\nshow_standard = 31', "pdq.close"),
        ('version = "1"\n[pdq]\nmay_close = true\nclose = 32\nshow_standard = 31', "pdq.close"),
        ('version = "1"\n[pdq]\nmay_close = true\nclose = -1\nshow_standard = 31', "pdq.close"),
        ('version = "1"\n[pdq]\nmay_close = true\nclose = 20.5\nshow_standard = 31', "pdq.close"),
        ('version = "1"\n[pdq]\nmay_close = true\nclose = true\nshow_standard = 31', "pdq.close"),
        ('version = "1"\n[pdq]\nmay_close = true\nclose = 20', "pdq.show_standard"),
        ('version = "1"\n[pdq]\nmay_close = true\nclose = 20\nshow_standard = 65', "pdq.show_standard"),
        (
            'version = "1"\n[pdq]\nmay_close = true\nclose = 2\nshow_standard = 9\nshow_thorough = 8',
            "pdq.show_thorough",
        ),
        ('version = "1"\n[pdq]\nmay_close = true\nclose = 2\nshow_standard = 9\nquality_min = 101', "pdq.quality_min"),
        ('version = "1"\n[pdq]\nclose = 20\nshow_standard = 31', "pdq.may_close"),
        ('version = "1"\n[pdq]\nmay_close = true\nclsoe = 20\nshow_standard = 31', "pdq.clsoe"),
        ('version = "1"\n[phash64]\nmay_close = false\nclose = 2\nshow_standard = 4', "phash64.close"),
        ('version = "1"\n[phash64]\nmay_close = false\nshow_standard = 13', "phash64.show_standard"),
        ('version = "1"\n[phash64]\nmay_close = false\nshow_standard = 4\nquality_min = 50', "phash64.quality_min"),
        ('version = "1"\n[photodna]\nmay_close = false\nshow_standard = 9363601', "photodna.show_standard"),
        ('version = "1"\n[md5]\nmay_close = true\nclose = 1', "md5.close"),
        ("version = ", "policy"),
        ('version = "1"\n[url]\nloose = true', "url.may_close"),
        ('version = "1"\n[url]\nmay_close = true\nstrip_tracking = "maybe"', "url.strip_tracking"),
        ('version = "1"\n[url]\nmay_close = true\nstrip_tracking = "ON"', "url.strip_tracking"),
        ('version = "1"\n[url]\nmay_close = true\nstrip_tracking = true', "url.strip_tracking"),
        ('version = "1"\n[url]\nmay_close = true\nloose = "on"', "url.loose"),
        ('version = "1"\n[url]\nmay_close = true\nloose = 1', "url.loose"),
        ('version = "1"\n[url]\nmay_close = true\nstale_days = 0', "url.stale_days"),
        ('version = "1"\n[url]\nmay_close = true\nstale_days = 3651', "url.stale_days"),
        ('version = "1"\n[url]\nmay_close = true\nstale_days = 30.5', "url.stale_days"),
        ('version = "1"\n[url]\nmay_close = true\nstale_days = true', "url.stale_days"),
        ('version = "1"\n[url]\nmay_close = true\nclose = 0', "url.close"),
        ('version = "1"\n[url]\nmay_close = true\nquality_min = 50', "url.quality_min"),
        ('version = "1"\n[md5]\nmay_close = true\nstale_days = 30', "md5.stale_days"),
        ('version = "1"\n[pdq]\nmay_close = false\nshow_standard = 31\nloose = true', "pdq.loose"),
    ],
)
def test_refused(text: str, field: str) -> None:
    """A policy that contradicts itself or is misspelt is refused, and the message names the field."""
    with pytest.raises(InvalidArgument) as refused:
        parse_policy(text, CHANCE)

    assert refused.value.reason == "POLICY_INVALID"
    assert refused.value.field == field


def test_own_policy() -> None:
    """An operator's own policy decides alone: types it leaves out are not searched."""
    own = parse_policy('version = "ours 7"\n[sha256]\nmay_close = true\n')

    assert own.version == "ours 7"
    assert [rule.number for rule in own.rules if rule is not None] == [SHA256]
    assert len(own.warnings()) == 6


@pytest.mark.parametrize("text", ["", "{}", '{"pdq": {}}', CHANCE.replace("0.", "9.", 1).replace("e-06", "e+06")])
def test_damaged_chance(text: str) -> None:
    """A damaged chance table stops the start, rather than telling analysts nonsense."""
    with pytest.raises(InvariantError):
        parse_policy(SHIPPED, text)


def test_chance() -> None:
    """Chance grows with the list and the distance; pHash's is arithmetic; digests have none."""
    chance = load_policy().chance

    near, source = chance.expected(PDQ, 20, 1_000_000, turned=False, low_quality=False)
    assert 0 < near < 10
    assert "95 % upper limit" in source
    assert chance.expected(PDQ, 20, 2_000_000, turned=False, low_quality=False)[0] == pytest.approx(2 * near)
    assert chance.expected(PDQ, 45, 1_000_000, turned=False, low_quality=False)[0] > near
    assert chance.expected(PDQ, 20, 1_000_000, turned=True, low_quality=False)[0] > near
    assert chance.expected(PDQ, 20, 1_000_000, turned=False, low_quality=True)[0] > near
    # docs/measured.md 15: at 5 M codes once in 1,000 at 8 bits, once in 20 at 10 bits
    assert chance.expected(PHASH64, 8, 5_000_000, turned=False, low_quality=False)[0] == pytest.approx(1e-3, rel=0.5)
    assert chance.expected(PHASH64, 10, 5_000_000, turned=False, low_quality=False)[0] == pytest.approx(1 / 20, rel=0.5)
    assert chance.expected(MD5, 0, 1_000_000, turned=False, low_quality=False) == (-1.0, "")
