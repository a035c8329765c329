"""URLs on the list: what stands for what, what outlives a change of rules, and when content was seen there."""

import random
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import lmdb
import msgspec
import numpy as np
import pytest

from hashsvc.clock import SeededClock
from hashsvc.errors import AlreadyExists, DamagedData, FailedPrecondition, HashsvcError, InvalidArgument
from hashsvc.hashlist import (
    ListStore,
    audit,
    backup,
    codec,
    decide_seen,
    fold,
    log,
    manifest,
    rebuild,
    snapshot,
    store,
    url_rows,
)
from hashsvc.hashlist.tables import LATER_TABLES
from hashsvc.hashlist.values import (
    ChangeKind,
    Content,
    ImportEntries,
    ProposeEntry,
    SeenLive,
    State,
    Written,
)
from hashsvc.hashlist.verify import verify
from hashsvc.index import key_hashes, maybe_listed
from hashsvc.signals import MD5, URL, Signal, UrlFacts
from hashsvc.signals.url import Url, canonicalise
from hashsvc.signals.url_expressions import entry_rows, lookup_keys
from hashsvc.signals.url_listed import listed_url
from tests.hashlist.lists import (
    assert_urls_answer,
    assert_verifies,
    confirmed_batch,
    confirmed_entry,
    content,
    create,
    decide,
    done,
    entry_of,
    everything,
    fill,
    head_of,
    md5_of,
    new_list,
    propose,
    seen_live,
    signals_of,
)
from tests.hashlist.urls import (
    DOMAIN,
    HOST,
    PAGE,
    PATH,
    PREFIX,
    SEEN_US,
    covered,
    listed_in,
    refs_of,
    rows_by_hash,
    url_of,
    written_of,
)

SOME = (0, 2, 5, 9, 17, 20, 21, 31, 105, 399, 705)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def listing(path: Path) -> Iterator[ListStore]:
    opened = new_list(path)
    yield opened
    opened.close()


def url(text: str, scope: int = PAGE, **facts: object) -> Signal:
    return listed_url(text, UrlFacts(scope, **facts), "url")  # type: ignore[arg-type]


def proposal(*signals: Signal, content_id: str = "", source: str = "org", request_id: str = "") -> ProposeEntry:
    made = Content(source, "", content_id, signals)
    return ProposeEntry(actor="ann", request_id=request_id or sha256(repr(made).encode()).hexdigest(), content=made)


def found_by(listing: ListStore, text: str) -> list[tuple[int, int, int]]:
    with listing.snapshot() as seen:
        found = seen.lookup_url(lookup_keys(text).digests)
        assert seen.lookup_urls(lookup_keys(text).digests) == found
        return found


# ---------------------------------------------------------------- look-ups


def test_a_full_list_answers_as_an_obvious_one(listing: ListStore, path: Path) -> None:
    """URLs of entries and batches in all states are found just where they should be, whatever was folded or rebuilt."""
    fill(listing)
    assert_urls_answer(listing, SOME)
    fold.fold_tail(listing.environment, manifest.segments_dir(path), 1)
    fold.fold_segments(listing.environment, manifest.segments_dir(path), 0, idle=True)
    assert_urls_answer(listing, SOME)
    listing.close()
    rebuild.rebuild(path, SeededClock(3))
    again = ListStore.open(path, clock=SeededClock(4))
    assert_urls_answer(again, SOME)
    again.close()


def test_urls_are_found_right_after_a_fold(listing: ListStore, path: Path) -> None:
    """What a fold moves from the delta into a segment is found in bulk from the next look-up on."""
    for n in range(10):
        confirmed_entry(listing, n)
    with listing.snapshot() as before:
        kept = everything(listing)["urls"]
        assert len(before.index.segments) == 0
    fold.fold_tail(listing.environment, manifest.segments_dir(path), 1)
    with listing.snapshot() as after:
        view = after.index
        assert len(view.segments) == 1
        entries, _ = after.pages.entries(0, 100, 0, b"")
        hashes = sorted(rows_by_hash(listed_in(entries)))
        values = np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 32)
        assert maybe_listed(view.segments, None, key_hashes(URL, values)).all()
    assert everything(listing)["urls"] == kept != []
    assert_verifies(listing)


@pytest.mark.parametrize("byte_count", [1, 2, 4, 8, 32])
def test_hashes_from_a_prefix(listing: ListStore, byte_count: int) -> None:
    """All listed hashes that begin with a prefix are given, ascending, and no others."""
    fill(listing)
    chosen = random.Random(byte_count)
    with listing.snapshot() as seen:
        entries, _ = seen.pages.entries(0, 5_000, 0, b"")
        urls = sorted((digest, kind) for digest, rows in rows_by_hash(listed_in(entries)).items() for kind, _ in rows)
        digests = sorted((s.signal.value, 0) for e in entries for s in e.signals if s.signal.type == MD5)
        for number, listed in ((URL, urls), (MD5, digests)):
            prefixes = {chosen.choice(listed)[0][:byte_count] for _ in range(20)} | {b"\0" * byte_count}
            for prefix in prefixes:
                want = [row for row in listed if row[0].startswith(prefix)]
                found = list(seen.hashes_from(number, prefix))
                assert [(digest, kind) for digest, kind, _ in found] == want
                assert found == sorted(found)


@pytest.mark.parametrize(
    ("expression", "key"),
    [
        ("www.example.com/a", b"com.example.www/a"),
        ("www.example.com:8080/a/b?c", b"com.example.www:8080/a/b?c"),
        ("example.com/", b"com.example/"),
        ("192.0.2.1:81/a.b", b"192.0.2.1:81/a.b"),
        ("[2001:db8::1]/a", b"[2001:db8::1]/a"),
        ("[2001:db8::1]:81/a:1", b"[2001:db8::1]:81/a:1"),
        ("1.example/1.2", b"example.1/1.2"),
    ],
)
def test_urls_sort_beside_others_of_their_domain(expression: str, key: bytes) -> None:
    """A URL is filed under its host's labels from the right, addresses as they are, then port and path."""
    assert url_rows.host_key(expression) == key


def test_what_a_wide_url_covers(listing: ListStore) -> None:
    """A folder covers what begins with it, a host all its ports and no subdomain, a domain its subdomains too."""
    texts = [
        "https://a.example.com/dir/1", "https://a.example.com/dir/", "https://a.example.com/directory",
        "https://a.example.com/dir", "http://a.example.com:81/dir/2", "https://b.a.example.com/dir/3",
        "https://a-b.example.com/dir/4", "https://xa.example.com/", "https://example.com/a.example.com/",
    ]  # fmt: skip
    for text in texts:
        done(listing, proposal(url(text)))
    two = (url("https://a.example.com/dir/5"), url("https://a.example.com/dir/6"))
    both = entry_of(listing, proposal(*two, content_id="two"))
    gone = entry_of(listing, proposal(url("https://a.example.com/dir/7")))
    done(listing, decide(ChangeKind.ENTRY_REJECTED, gone, "bob"))
    with listing.snapshot() as seen:
        number = seen.stored_entry(both).number
        assert seen.covered(PREFIX, "a.example.com/dir/", 0) == (3, False)
        assert seen.covered(PREFIX, "a.example.com/dir/", number) == (2, False)
        assert seen.covered(PREFIX, "a.example.com:81/dir/", 0) == (1, False)
        assert seen.covered(HOST, "a.example.com/", 0) == (6, False)
        assert seen.covered(DOMAIN, "a.example.com/", 0) == (7, False)
        assert seen.covered(DOMAIN, "example.com/", 0) == (10, False)
        assert seen.covered(PAGE, "a.example.com/dir/", 0) == seen.covered(PATH, "a.example.com/dir/", 0) == (0, False)


def test_what_a_folder_of_a_very_long_name_covers(listing: ListStore) -> None:
    """Of folders whose names agree beyond what a key holds, each covers its own."""
    long = "https://a.example.com/" + "x" * 600
    for end in ("a/1", "a/2", "b/1", "a"):
        done(listing, proposal(url(long + end)))
    with listing.snapshot() as seen:
        entries, _ = seen.pages.entries(0, 10, 0, b"")
        expression = f"a.example.com/{'x' * 600}a/"
        assert seen.covered(PREFIX, expression, 0) == (2, False)
        assert covered(listed_in(entries), PREFIX, expression, b"") == 2


def test_counting_what_is_covered_ends(listing: ListStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a wide URL covers very many, the count stops and says that there are more."""
    monkeypatch.setattr(snapshot, "COVERED_SCAN_MAX", 5)
    confirmed_batch(listing, range(10))
    with listing.snapshot() as seen:
        count, more = seen.covered(DOMAIN, "example.com/", 0)
        assert more
        assert 0 < count <= 5
        assert seen.covered(PREFIX, "s0.example.com/p/", 0)[1] is False


# ---------------------------------------------------------------- identity


def test_identity_comes_from_a_url_where_nothing_else_names_it(listing: ListStore) -> None:
    """Without content id and digest, an entry is the one of its URL and scope; with either, the URL is no matter."""
    page, host = url("https://a.example.com/"), url("https://a.example.com/", HOST)
    alone = entry_of(listing, proposal(page))
    assert alone == codec.keyed_id(listing.key, b"entry", b"org", b"", b"url", b"\1a.example.com/")
    assert entry_of(listing, proposal(host)) != alone
    assert entry_of(listing, proposal(page, source="other")) != alone
    assert entry_of(listing, proposal(url("https://a.example.com/", query_exact=True))) != alone
    digest = Signal(MD5, md5_of(1))
    by_digest = entry_of(listing, proposal(page, digest))
    assert by_digest != alone
    with pytest.raises(AlreadyExists, match="ENTRY_EXISTS"):
        done(listing, proposal(digest))
    named = entry_of(listing, proposal(page, content_id="c"))
    assert named not in (alone, by_digest)
    with pytest.raises(InvalidArgument, match="NO_IDENTITY"):
        done(listing, proposal(signals_of(1)[2]))
    assert_verifies(listing)


def test_identity_does_not_hang_on_the_order_of_urls(listing: ListStore) -> None:
    """Several URLs name the same entry in whatever order they come."""
    one, two = url("https://a.example.com/1"), url("https://a.example.com/2")
    entry_of(listing, proposal(one, two))
    with pytest.raises(AlreadyExists, match="ENTRY_EXISTS"):
        done(listing, proposal(two, one, request_id="again"))


SPELLINGS = (
    "https://photos.example/a/x?id=7&b=%C3%A9",
    "HTTP://user@PHOTOS.example:80/a/b/../x?id=7&utm_source=mail&b=é#top",
)


def test_two_spellings_are_one_url(listing: ListStore) -> None:
    """A URL that is listed is on the list in every spelling: proposed again it is refused, imported it is unchanged."""
    first = entry_of(listing, proposal(url(SPELLINGS[0])))
    with pytest.raises(AlreadyExists, match="ENTRY_EXISTS"):
        done(listing, proposal(url(SPELLINGS[1])))
    batch_id = create(listing, "bob", bytes(32))
    contents = tuple(Content("", "", "", (url(text),)) for text in (*SPELLINGS, "https://photos.example/a/y"))
    command = ImportEntries(actor="bob", request_id="i", batch_id=batch_id, contents=contents)
    assert done(listing, command).outcomes == bytes((2, 2, 0))
    with listing.snapshot() as seen:
        (signal,) = seen.entry(first).signals
        assert signal.signal.value.decode() == SPELLINGS[0]
        assert seen.stats().entry_count == 2
    assert len({ref for _, _, ref in found_by(listing, SPELLINGS[1])}) == 1
    assert_verifies(listing)


def test_two_spellings_in_one_proposal_are_one_signal(listing: ListStore) -> None:
    """Where one proposal brings a URL in two spellings, the list keeps the first."""
    written = done(listing, proposal(*map(url, SPELLINGS), content_id="c"))
    assert written.entry is not None
    assert [one.signal.value.decode() for one in written.entry.signals] == [SPELLINGS[0]]


def test_an_entry_tells_how_its_url_was_written(listing: ListStore) -> None:
    """People see the text as proposed, its canonical form, its scope, the rules and the suffix list that guarded it."""
    entry_id = entry_of(listing, proposal(url(SPELLINGS[1], seen_live_us=SEEN_US)))
    with listing.snapshot() as seen:
        (one,) = seen.entry(entry_id).signals
    facts = one.signal.url
    assert facts is not None
    assert (one.signal.type, one.signal.value.decode()) == (URL, SPELLINGS[1])
    assert (facts.scope, facts.query_exact, facts.seen_live_us) == (PAGE, False, SEEN_US)
    assert facts.written == "photos.example/a/x?id=7&b=%C3%A9"
    assert facts.canon_version == url_rows.CANON_VERSION
    assert len(facts.suffix_list) == 8
    assert facts.suffix_list.isdigit()


# ---------------------------------------------------------------- older lists, other rules


def test_a_list_from_before_urls_opens_and_takes_them(listing: ListStore, path: Path) -> None:
    """A list that was made before there were URLs opens, answers as before, verifies, and takes URLs from then on."""
    for n in range(5):
        done(listing, proposal(*signals_of(n), content_id=f"c{n}"))
    before = everything(listing)
    env = listing.environment
    with env.write() as txn:
        for table in LATER_TABLES:
            txn.drop(env.tables[table], delete=True)
        txn.delete(url_rows.CANON_KEY, db=env.tables["meta"])
    listing.close()
    assert not LATER_TABLES & tables_of(path)

    old = ListStore.open(path, clock=SeededClock(2))

    assert tables_in(old) >= LATER_TABLES
    assert everything(old) == before
    assert_verifies(old)
    confirmed_entry(old, 10)
    assert {ref >> 8 for _, _, ref in found_by(old, written_of(10)[0])} == {head_of(old) - 1}
    assert_verifies(old)
    old.close()
    rebuild.rebuild(path, SeededClock(3))
    old = ListStore.open(path, clock=SeededClock(4))
    assert_urls_answer(old, range(11))
    assert_verifies(old)
    old.close()


def tables_of(path: Path) -> set[str]:
    env = lmdb.open(str(path / "list"), max_dbs=20, create=False, lib_version=0)
    with env.begin() as txn, txn.cursor() as cursor:
        found = {bytes(key).decode() for key in cursor.iternext(values=False)}
    env.close()
    return found


def tables_in(opened: ListStore) -> set[str]:
    with opened.environment.lmdb.begin() as txn, txn.cursor() as cursor:
        return {bytes(key).decode() for key in cursor.iternext(values=False)}


def lower_case(text: str, *, refang: bool = True, field: str = "url") -> Url:
    """Rules "2": the case of paths does not count, and hosts of one letter are none."""
    made = canonicalise(text, refang=refang, field=field)
    if made.host.startswith("q."):
        raise InvalidArgument("INVALID_HOST", "it is none by these rules")
    return msgspec.structs.replace(
        made, path=made.path.lower(), query=made.query.lower(), written_query=made.written_query.lower()
    )


@pytest.fixture
def other_rules(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def begin() -> None:
        monkeypatch.setattr(url_rows, "canonicalise", lower_case)
        for module in (url_rows, store, rebuild, backup):
            monkeypatch.setattr(module, "CANON_VERSION", 2)

    return begin


OLD_TEXTS = ("https://a.example.com/Dir/Page?ID=1", "https://q.example.com/Kept")


def old_rules_list(listing: ListStore) -> None:
    for text in OLD_TEXTS:
        entry_of(listing, proposal(url(text)))
    entry_of(listing, proposal(url("https://a.example.com/Dir/", PREFIX)))
    confirmed_batch(listing, range(300))
    done(listing, seen_live(texts=[written_of(n)[0] for n in (0, 100)]))
    listing.close()


def hits(listing: ListStore, kind: int, text: str) -> list[tuple[int, str]]:
    """What rules 2 find: (row kind, text as proposed)."""
    rows = entry_rows(kind, lower_case(text))
    with listing.snapshot() as seen:
        found = seen.lookup_urls(rows[0][0])
        return [(kind, seen.signal(ref).listed.url.written) for _, kind, ref in found]  # type: ignore[union-attr]


def test_a_list_keyed_by_other_rules_is_refused_until_rebuilt(
    listing: ListStore, path: Path, other_rules: Callable[[], None]
) -> None:
    """New rules do not search old keys: the list is refused, and a rebuild makes the keys anew from what was written.

    What the new rules refuse keeps its old key.
    """
    old_rules_list(listing)
    other_rules()
    with pytest.raises(FailedPrecondition, match="URL_KEYS_OUTDATED") as refused:
        ListStore.open(path, clock=SeededClock(2))
    assert "hashsvc rebuild" in refused.value.message

    rebuild.rebuild(path, SeededClock(3))

    again = ListStore.open(path, clock=SeededClock(4))
    assert hits(again, PAGE, "https://a.example.com/DIR/PAGE?id=1") == [(PAGE, OLD_TEXTS[0])]
    assert hits(again, PREFIX, "https://a.example.com/dIR/") == [(PREFIX, "https://a.example.com/Dir/")]
    old_key = entry_rows(PAGE, canonicalise(OLD_TEXTS[0]))[0][0]
    kept_key = entry_rows(PAGE, canonicalise(OLD_TEXTS[1]))[0][0]
    with again.snapshot() as seen:
        assert seen.lookup_urls(old_key) == []
        assert [kind for _, kind, _ in seen.lookup_urls(kept_key)] == [PAGE]
        assert seen.covered(PREFIX, "a.example.com/dir/", 0) == (2, False)
        refs = refs_of(seen)
        assert len(refs) == 303
        assert all(seen.seen_live_us(ref) for ref in refs)
    assert_verifies(again)
    confirmed_entry(again, 500)
    assert_verifies(again)
    again.close()


def test_a_rebuild_by_new_rules_that_was_killed_leaves_a_refused_list(
    listing: ListStore, path: Path, other_rules: Callable[[], None]
) -> None:
    """Half rebuilt by new rules, a list is refused by old and new alike, and a second rebuild makes it whole."""
    old_rules_list(listing)
    other_rules()

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild.rebuild(path, SeededClock(3), stop)
    with pytest.raises(FailedPrecondition, match="URL_KEYS_OUTDATED"):
        ListStore.open(path, clock=SeededClock(2))
    rebuild.rebuild(path, SeededClock(3))
    again = ListStore.open(path, clock=SeededClock(4))
    assert hits(again, PAGE, "https://a.example.com/DIR/PAGE?id=1") == [(PAGE, OLD_TEXTS[0])]
    assert_verifies(again)
    again.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_backup_keyed_by_other_rules_is_restored(
    listing: ListStore, path: Path, tmp_path: Path, other_rules: Callable[[], None], when: str
) -> None:
    """A backup outlives a change of rules, made before it or after: restoring it makes the keys anew."""
    old_rules_list(listing)
    if when == "after":
        other_rules()
    backup.backup(path, tmp_path / "backup", SeededClock(2))
    other_rules()

    restored = backup.restore(tmp_path / "backup", tmp_path / "new", SeededClock(3))

    assert restored.rebuilt
    assert restored.report.ok
    again = ListStore.open(tmp_path / "new", clock=SeededClock(4))
    assert hits(again, PAGE, "https://a.example.com/DIR/PAGE?id=1") == [(PAGE, OLD_TEXTS[0])]
    assert_verifies(again)
    again.close()


@pytest.mark.parametrize("value", [b"", b"q", b"-1", b"\xb2"])
def test_a_garbled_version_of_the_rules_is_damage(listing: ListStore, path: Path, value: bytes) -> None:
    """A list that does not say by which rules it is keyed is refused as damaged, and a rebuild makes it whole."""
    confirmed_entry(listing, 1)
    with listing.environment.write() as txn:
        txn.put(url_rows.CANON_KEY, value, db=listing.environment.tables["meta"])
    listing.close()
    for _ in range(2):  # a refusal leaves nothing open
        with pytest.raises(DamagedData, match="DAMAGED_VALUE"):
            ListStore.open(path, clock=SeededClock(2))
    rebuild.rebuild(path, SeededClock(3))
    again = ListStore.open(path, clock=SeededClock(4))
    assert_urls_answer(again, range(3))
    again.close()


# ---------------------------------------------------------------- audit


def confirmed_change(listing: ListStore) -> tuple[codec.Header, msgspec.Struct, object]:
    """Header and payload of the confirmation of a URL, and the entry before."""
    confirmed_entry(listing, 1)
    with listing.environment.read() as txn:
        before, after = (log.read_change(listing.environment, txn, sequence) for sequence in (2, 3))
    assert before.payload is not None
    assert after.payload is not None
    return codec.unpack_header(after.record), after.payload, before.payload.entry


@pytest.mark.parametrize(
    "changed",
    [
        {"written": "https://other.example/"},
        {"canon_version": 2},
        {"suffix_list": "20200101"},
        {"seen_live_us": SEEN_US + 100},
        None,
    ],
)
def test_the_audit_finds_a_change_of_what_was_written(listing: ListStore, changed: dict[str, object] | None) -> None:
    """A change that alters a listed URL's text, rules, guard or time besides what it says it does is found."""
    header, payload, before = confirmed_change(listing)
    audit.check_step(header, payload, before, no_batch)  # type: ignore[arg-type]
    signals = list(payload.entry.signals)  # type: ignore[attr-defined]
    place = next(i for i, one in enumerate(signals) if one.type == URL)
    facts = msgspec.structs.replace(signals[place].url, **changed) if changed else None
    signals[place] = msgspec.structs.replace(signals[place], url=facts)
    entry = msgspec.structs.replace(payload.entry, signals=tuple(signals))  # type: ignore[attr-defined]
    forged = msgspec.structs.replace(payload, entry=entry)
    with pytest.raises(DamagedData, match="BROKEN_WORKFLOW"):
        audit.check_step(header, forged, before, no_batch)  # type: ignore[arg-type]


def no_batch(number: int) -> object:
    raise AssertionError("no batch is asked for")


@pytest.mark.parametrize("forgery", ["of another kind", "in its own future"])
def test_the_audit_finds_a_forged_seen_live(listing: ListStore, forgery: str) -> None:
    """A change that says URLs were seen live must be of that kind, and of a time before its own."""
    confirmed_entry(listing, 1)
    done(listing, seen_live(texts=[written_of(1)[0]]))
    with listing.environment.read() as txn:
        change = log.read_change(listing.environment, txn, 4)
    header, payload = codec.unpack_header(change.record), change.payload
    assert payload is not None
    assert payload.seen_live is not None
    audit.check_step(header, payload, None, no_batch)  # type: ignore[arg-type]
    if forgery == "of another kind":
        header = msgspec.structs.replace(header, kind=int(ChangeKind.ENTRY_CONFIRMED))
    else:
        later = SeenLive(header.time_us + 1, payload.seen_live.refs)
        payload = msgspec.structs.replace(payload, seen_live=later)
    with pytest.raises(DamagedData, match="BROKEN_WORKFLOW"):
        audit.check_step(header, payload, None, no_batch)  # type: ignore[arg-type]


def test_verify_finds_a_changed_url_in_an_entry(listing: ListStore) -> None:
    """An entry whose stored text of a URL differs from what the log says is found."""
    confirmed_entry(listing, 1)
    env = listing.environment
    with env.write() as txn:
        key = (2).to_bytes(8, "big")
        stored = bytes(txn.get(key, db=env.tables["entries"]))
        text = written_of(1)[0].encode()
        assert stored.count(text) == 1
        txn.put(key, stored.replace(text, text.replace(b"id=1", b"id=2")), db=env.tables["entries"])
    assert verify(listing).problems == ["view entries: 1 values differ from what the log says"]


# ---------------------------------------------------------------- seen live


def seen_of(listing: ListStore) -> list[int]:
    with listing.snapshot() as seen:
        return [seen.seen_live_us(ref) for ref in refs_of(seen)]


def test_a_url_begins_as_seen_when_it_was_brought(listing: ListStore) -> None:
    """Who proposes or imports a URL says when it was seen live; not said, it is the time of the change."""
    said = entry_of(listing, proposal(url("https://a.example.com/1", seen_live_us=SEEN_US)))
    unsaid = entry_of(listing, proposal(url("https://a.example.com/2")))
    confirmed_batch(listing, [1, 3])
    with listing.snapshot() as seen:
        times = {said: SEEN_US, unsaid: seen.entry(unsaid).created_us}
        for entry in seen.pages.entries(0, 10, 0, b"")[0]:
            facts = entry.signals[-1].signal.url
            assert facts is not None
            number = int(entry.content_id[1:] or 0) if entry.content_id else 0
            want = times.get(entry.entry_id) or (SEEN_US + number if number % 3 else entry.created_us)
            assert facts.seen_live_us == want


def test_seen_live_moves_on_and_never_back(listing: ListStore) -> None:
    """A later time replaces an earlier one, an earlier one nothing; saying it again appends nothing."""
    entry_of(listing, proposal(url("https://a.example.com/1", seen_live_us=SEEN_US)))
    assert done(listing, seen_live(texts=["http://a.example.com/1"], seen_us=SEEN_US + 9)).renewed_count == 1
    head = head_of(listing)
    for number, time_us in enumerate((SEEN_US, SEEN_US + 9, 1)):
        command = seen_live(texts=["a.example.com/1"], seen_us=time_us, request_id=f"{number}")
        written = done(listing, command)
        assert (written.renewed_count, written.unchanged_count, written.problems) == (0, 1, ())
    assert head_of(listing) == head
    assert seen_of(listing) == [SEEN_US + 9]
    assert_verifies(listing)


def test_seen_live_of_an_entry_means_all_its_live_urls(listing: ListStore) -> None:
    """By entry all live URLs are meant, of any scope; by URL the PAGE and PATH entries that it meets strictly."""
    texts = [("https://a.example.com/1", PAGE), ("https://a.example.com/d/", PREFIX), ("https://b.example.com", HOST)]
    one = entry_of(
        listing,
        proposal(*(url(text, scope, seen_live_us=SEEN_US) for text, scope in texts), content_id="c"),
    )
    path_entry = entry_of(listing, proposal(url("https://a.example.com/d/x", PATH, seen_live_us=SEEN_US)))
    by_url = done(listing, seen_live(texts=["https://a.example.com/d/x?fbclid=7"], seen_us=SEEN_US + 1))
    assert (by_url.renewed_count, seen_of(listing)) == (1, [SEEN_US] * 3 + [SEEN_US + 1])
    loose = done(listing, seen_live(texts=["https://www.a.example.com/1"], seen_us=SEEN_US + 5, request_id="loose"))
    assert (loose.renewed_count, loose.problems[0][:2]) == (0, (0, "UNKNOWN_URL"))
    by_entry = done(listing, seen_live([one, path_entry], seen_us=SEEN_US + 2, request_id="entry"))
    assert (by_entry.renewed_count, seen_of(listing)) == (4, [SEEN_US + 2] * 4)


def test_what_is_not_on_the_list_is_told_of_each(listing: ListStore) -> None:
    """What is unknown, withdrawn or has no URL is a problem of its place, and the others are done all the same."""
    gone = entry_of(listing, propose(0))
    done(listing, decide(ChangeKind.ENTRY_REJECTED, gone, "bob"))
    without = entry_of(listing, proposal(signals_of(8)[0]))
    entry_of(listing, propose(1))
    texts = [written_of(0)[0], written_of(1)[0], "https://nowhere.example/"]
    written = done(listing, seen_live([gone, bytes(16), without], texts))
    assert [problem[:2] for problem in written.problems] == [
        (0, "NO_LIVE_URL"),
        (1, "UNKNOWN_ENTRY"),
        (2, "NO_LIVE_URL"),
        (3, "UNKNOWN_URL"),
        (5, "UNKNOWN_URL"),
    ]
    assert written.renewed_count == 1


def test_the_future_is_refused(listing: ListStore) -> None:
    """No URL was seen live at a time that has not come: neither proposed, imported nor renewed so."""
    ahead = url("https://a.example.com/1", seen_live_us=1 << 60)
    entry_of(listing, propose(1))
    commands = [
        proposal(ahead),
        seen_live(texts=[written_of(1)[0]], seen_us=1 << 60),
    ]
    for command in commands:
        (refused,) = listing.write([command])
        assert isinstance(refused, InvalidArgument)
        assert refused.reason == "IN_THE_FUTURE"
    assert head_of(listing) == 2


def test_a_dry_run_refuses_what_the_import_refuses(listing: ListStore) -> None:
    """What importing would do is what it does: a URL seen in the future is refused in both, new entry or known one."""
    ahead = url("https://a.example.com/1", seen_live_us=1 << 60)
    done(listing, propose(1))
    contents = [
        Content("", "", "", (ahead,)),
        Content("", "", "c1", (*signals_of(1), ahead)),
        content(2, ""),
        content(1, ""),
        Content("", "", "many", tuple(url(f"https://a.example.com/{n}") for n in range(129))),
    ]
    dry = listing.try_import("org", contents)
    batch_id = create(listing, "ann", bytes(32))
    real = done(listing, ImportEntries(actor="ann", request_id="i", batch_id=batch_id, contents=tuple(contents)))
    assert dry.outcomes == real.outcomes == bytes((3, 3, 0, 2, 3))
    assert [problem[:2] for problem in dry.problems] == [problem[:2] for problem in real.problems]
    assert [problem[1] for problem in real.problems] == ["IN_THE_FUTURE", "IN_THE_FUTURE", "TOO_MANY_SIGNALS"]


def test_too_many_at_once_are_refused(listing: ListStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """One change renews a bounded number of URLs; more are refused as a whole and nothing is written."""
    monkeypatch.setattr(decide_seen, "SEEN_LIVE_SIGNALS_MAX", 3)
    ids = [entry_of(listing, propose(n)) for n in (1, 2, 4, 5)]
    head = head_of(listing)
    (refused,) = listing.write([seen_live(ids)])
    assert isinstance(refused, InvalidArgument)
    assert refused.reason == "TOO_MANY"
    assert head_of(listing) == head
    assert done(listing, seen_live(ids[:3])).renewed_count == 3


def test_a_repeated_seen_live_is_done_once(listing: ListStore) -> None:
    """The same request again changes nothing and tells the same; with another time the id is refused as reused."""
    ids = [entry_of(listing, propose(n)) for n in (1, 2)]
    command = seen_live([*ids, bytes(16)], [written_of(9)[0]], seen_us=SEEN_US + 50)
    first = done(listing, command)
    assert (first.renewed_count, len(first.problems)) == (2, 2)
    done(listing, seen_live(ids, request_id="later"))
    seen, head = seen_of(listing), head_of(listing)
    assert done(listing, command) == first
    other = msgspec.structs.replace(command, seen_live_us=SEEN_US + 60)
    (refused,) = listing.write([other])
    assert isinstance(refused, HashsvcError)
    assert refused.reason == "REQUEST_ID_REUSED"
    assert (seen_of(listing), head_of(listing)) == (seen, head)
    assert_verifies(listing)


def test_seen_live_in_the_group_that_brings_the_url(listing: ListStore) -> None:
    """Said in the same commit as the proposal, it counts, once, and the list verifies."""
    proposed, seen, again = listing.write([
        propose(1), seen_live(texts=[written_of(1)[0]]), seen_live(texts=[written_of(1)[0]]),
    ])  # fmt: skip
    assert isinstance(proposed, Written)
    assert isinstance(seen, Written)
    assert seen == again
    assert seen.renewed_count == 1
    assert head_of(listing) == 3
    assert_verifies(listing)


def test_who_said_that_a_url_was_seen_live_is_in_the_log(listing: ListStore) -> None:
    """The change names person, time and each URL by entry and ordinal, and the entry itself is not touched."""
    one = entry_of(listing, propose(1))
    with listing.snapshot() as before:
        etag = before.entry(one).etag
    done(listing, seen_live([one], seen_us=SEEN_US + 7))
    with listing.snapshot() as seen:
        (change,) = seen.pages.changes(2, 5, 1 << 20)
        assert (change.kind, change.actor, change.seen_live_us) == (ChangeKind.URLS_SEEN_LIVE, "eve", SEEN_US + 7)
        assert change.seen_live == ((one, 3),)
        assert (change.entry_id, change.batch_id, change.entry, change.ordinals) == (b"", b"", None, ())
        entry = seen.entry(one)
        assert (entry.etag, entry.state) == (etag, State.PROPOSED)
        assert entry.signals[3].signal.url is not None
        assert entry.signals[3].signal.url.seen_live_us == SEEN_US + 7
        assert len(seen.pages.history(one, 0, 10)[0]) == 1


def test_seen_live_outlives_backup_and_rebuild(listing: ListStore, path: Path, tmp_path: Path) -> None:
    """Times that people told stand in the log: restored or rebuilt, the list still knows them."""
    confirmed_batch(listing, range(20))
    done(listing, seen_live(texts=[written_of(n)[0] for n in range(7)]))
    want = seen_of(listing)
    listing.close()
    backup.backup(path, tmp_path / "backup", SeededClock(5))
    backup.restore(tmp_path / "backup", tmp_path / "new", SeededClock(6))
    rebuild.rebuild(path, SeededClock(7))
    for place in (path, tmp_path / "new"):
        again = ListStore.open(place, clock=SeededClock(8))
        assert seen_of(again) == want
        assert_urls_answer(again, range(0, 20, 3))
        again.close()


def test_an_unseen_url_is_loud(listing: ListStore) -> None:
    """A URL of which the list cannot say when it was seen is damage, never fresh or stale by guess."""
    entry_of(listing, propose(1))
    with listing.environment.write() as txn:
        listing.environment.drop(txn, "seen_live")
    with listing.snapshot() as seen:
        (ref,) = refs_of(seen)
        with pytest.raises(DamagedData, match="DAMAGED_VIEW"):
            seen.seen_live_us(ref)
    assert not verify(listing).ok


def test_url_of_covers_all_scopes() -> None:
    """The URLs of these tests are of all scopes, with and without tracking, some to be taken exactly."""
    facts = [url_of(n).url for n in range(10)]
    assert {one.scope for one in facts if one} == {PAGE, PATH, PREFIX, HOST, DOMAIN}
    assert any(one.query_exact for one in facts if one)
