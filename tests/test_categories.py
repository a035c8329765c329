"""The crosswalk of categories: what is certain, what is not, what a table may not say."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hashsvc import categories as module
from hashsvc.categories import UNKNOWN, Crosswalk, Place, load_crosswalk
from hashsvc.cli import category as command
from hashsvc.cli import output
from hashsvc.cli.main import main
from hashsvc.errors import InvalidArgument
from tests.cli.conftest import Ran

SHIPPED = load_crosswalk()
SCHEMES = list(SHIPPED.schemes)
VALUES = [(scheme.name, category.value) for scheme in SHIPPED.schemes.values() for category in scheme.values]
CERTAIN = {
    ("caid_uk", "1", "uk_abc"): "A",
    ("caid_uk", "2", "uk_abc"): "B",
    ("caid_uk", "3", "uk_abc"): "C",
    ("uk_abc", "A", "caid_uk"): "1",
    ("uk_abc", "B", "caid_uk"): "2",
    ("uk_abc", "C", "caid_uk"): "3",
}

schemes = st.sampled_from([*SCHEMES, "arachnid"])
places = st.tuples(st.sampled_from("abc"), st.sampled_from("12"))
categories = st.one_of(st.sampled_from(VALUES), st.tuples(schemes, st.text(max_size=4)))


def scheme(name: str, *values: str, unsettled: str = "") -> str:
    rows = ", ".join(
        f'{{ value = "{value}", meaning = "m"{", settled = false" if value == unsettled else ""} }}' for value in values
    )
    return f'[[scheme]]\nname = "{name}"\nmeaning = "m"\nsource = "s"\nvalues = [{rows}]\n'


def mapping(origin: str, target: str, source: str = "said so") -> str:
    one, other = origin.split(), target.split()
    return f'[[mapping]]\nfrom = ["{one[0]}", "{one[1]}"]\nto = ["{other[0]}", "{other[1]}"]\nsource = "{source}"\n'


THREE = 'version = "t"\n' + scheme("a", "1", "2") + scheme("b", "1", "2") + scheme("c", "1", "2")


def run(*arguments: str) -> Ran:
    result = CliRunner().invoke(main, ["category", *arguments])
    return Ran(result.exit_code, result.stdout, result.stderr)


def test_only_caid_and_the_uks_letters_are_certain() -> None:
    """The table that comes with hashsvc maps CAID's 1, 2, 3 to A, B, C and back, and nothing else at all."""
    found = {
        (name, value, target): SHIPPED.map(name, value, target)
        for name, value in VALUES
        for target in SCHEMES
        if target != name and SHIPPED.map(name, value, target) != UNKNOWN
    }

    assert found == CERTAIN
    assert all(SHIPPED.find(*place) is not None for place in CERTAIN)


@pytest.mark.parametrize(
    ("name", "value", "target"),
    [
        ("sap5", "4", "uk_abc"),
        ("sap5", "1", "uk_abc"),
        ("us_a1b2", "A1", "uk_abc"),
        ("vics_us", "0", "caid_uk"),
        ("vics_us", "1", "vics_ca"),
        ("caid_uk", "4", "uk_abc"),
        ("uk_abc", "A", "interpol_baseline"),
        ("interpol_baseline", "yes", "uk_abc"),
    ],
)
def test_what_sources_leave_open_is_unknown(name: str, value: str, target: str) -> None:
    """Old UK levels, US labels, VICS numbers of countries and the Baseline flag are not translated by guess."""
    assert SHIPPED.map(name, value, target) == UNKNOWN
    assert SHIPPED.find(name, value, target) is None


def test_every_scheme_says_what_it_is() -> None:
    """The seven schemes are there with their values, each with a meaning and a source; Canada's are not public."""
    rows = SHIPPED.describe()

    assert SCHEMES == ["uk_abc", "sap5", "us_a1b2", "vics_us", "vics_ca", "caid_uk", "interpol_baseline"]
    assert all(row["meaning"] and row["source"] and row["crosswalk"] == SHIPPED.version for row in rows)
    assert [(row["scheme"], row["value"]) for row in rows if row["value"] is not None] == VALUES
    assert [row["scheme"] for row in rows if row["value"] is None] == ["vics_ca"]


def test_values_on_which_tools_disagree_are_marked() -> None:
    """VICS 0 and 5 and CAID 4 and 5 are known but not settled."""
    unsettled = [(row["scheme"], row["value"]) for row in SHIPPED.describe() if row["value"] and not row["settled"]]

    assert unsettled == [("vics_us", "0"), ("vics_us", "5"), ("caid_uk", "4"), ("caid_uk", "5")]


@given(categories, schemes)
def test_there_and_back_is_where_it_began(place: tuple[str, str], other: str) -> None:
    """Over all pairs of schemes: mapping there and back gives the same category, or unknown; nothing raises."""
    there = SHIPPED.map(*place, other)

    assert there == UNKNOWN or SHIPPED.map(other, there, place[0]) in (place[1], UNKNOWN)


@given(categories, schemes, schemes)
def test_the_way_does_not_matter(place: tuple[str, str], middle: str, end: str) -> None:
    """Over all triples of schemes: what two certain mappings in a row give, one gives as well."""
    first = SHIPPED.map(*place, middle)
    second = UNKNOWN if first == UNKNOWN else SHIPPED.map(middle, first, end)

    assert second in (UNKNOWN, SHIPPED.map(*place, end))


@given(categories)
def test_the_same_scheme_is_left_alone(place: tuple[str, str]) -> None:
    """A category in its own scheme is itself, whatever it is: a scheme of another organisation's too."""
    assert SHIPPED.map(*place, place[0]) == place[1]


def test_only_settled_categories_are_mapped() -> None:
    """What is mapped from and to is always a settled category that the table has."""
    rows = {(row["scheme"], row["value"]): row["settled"] for row in SHIPPED.describe()}

    assert all(rows[name, value] and rows[target, there] for (name, value, target), there in CERTAIN.items())


@given(st.lists(st.tuples(places, places).filter(lambda pair: pair[0][0] != pair[1][0]), max_size=6, unique=True))
def test_a_table_is_refused_exactly_if_it_contradicts_itself(rows: list[tuple[Place, Place]]) -> None:
    """A table is refused if by some way a category is two of one scheme; if not, all that follows from it holds."""
    reached = {(name, value): {(name, value)} for name in "abc" for value in "12"}
    for _ in reached:
        for found in reached.values():
            found |= {target for origin, target in rows if origin in found}
    contradicts = any(len({name for name, _ in found}) < len(found) for found in reached.values())
    text = THREE + "".join(mapping(" ".join(origin), " ".join(target)) for origin, target in rows)

    if contradicts:
        with pytest.raises(InvalidArgument, match="contradicts"):
            Crosswalk.parse(text)
        return
    made = Crosswalk.parse(text)
    for start, found in reached.items():
        for end in "abc":
            assert made.map(*start, end) == dict(found).get(end, UNKNOWN)


def test_what_follows_from_two_mappings_is_certain_with_both_sources() -> None:
    """If a 1 is b 1 and b 1 is c 2, then a 1 is c 2, because of both; the other way round nothing is said."""
    made = Crosswalk.parse(THREE + mapping("a 1", "b 1", "first") + mapping("b 1", "c 2", "second"))

    found = made.find("a", "1", "c")
    assert found is not None
    assert (found.target, found.source) == (("c", "2"), "first; then second")
    assert made.map("c", "2", "a") == UNKNOWN


def test_several_categories_may_be_one_elsewhere() -> None:
    """A coarser scheme takes several categories of a finer one; back is unknown."""
    made = Crosswalk.parse(THREE + mapping("a 1", "b 1") + mapping("a 2", "b 1"))

    assert (made.map("a", "1", "b"), made.map("a", "2", "b"), made.map("b", "1", "a")) == ("1", "1", UNKNOWN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 1", "version"),
        ("version", "cannot be read"),
        (scheme("a"), "version"),
        ('version = ""\n' + scheme("a"), "version"),
        ('version = "t"\n', "scheme"),
        (THREE + "[extra]\n", "extra"),
        (THREE + scheme("a"), "'a' stands twice"),
        (THREE + scheme("d", "1", "1"), "'1' stands twice"),
        (THREE + scheme("d", UNKNOWN), "leave it out"),
        (THREE + scheme("d", "x" * 65), "value of d"),
        (THREE + scheme("d", " x"), "value of d"),
        (THREE + scheme(""), "name of a scheme"),
        (THREE + mapping("a 1", "a 2"), "stays in one scheme"),
        (THREE + mapping("a 1", "d 1"), "there are a, b, c"),
        (THREE + mapping("a 3", "b 1"), "there are 1, 2"),
        (THREE + scheme("d") + mapping("a 1", "d 1"), "none that could be mapped"),
        (THREE + scheme("d", "1", unsettled="1") + mapping("a 1", "d 1"), "not settled"),
        (THREE + scheme("d", "1", unsettled="1") + mapping("d 1", "a 1"), "not settled"),
        (THREE + mapping("a 1", "b 1", ""), "source of a 1"),
        (THREE + mapping("a 1", "b 1") * 2, "stands twice"),
        (THREE + mapping("a 1", "b 1") + mapping("a 1", "b 2"), "a 1 is b 1"),
        (THREE + mapping("a 1", "b 1") + mapping("b 1", "a 2"), "a 1 is a 1"),
        (THREE + mapping("a 1", "b 1") + mapping("b 1", "c 1") + mapping("a 1", "c 2"), "contradicts"),
        (THREE + mapping("a 1", "b 1") + mapping("b 1", "c 1") + mapping("c 1", "a 2"), "contradicts"),
    ],
)
def test_a_wrong_table_is_refused_with_the_place(text: str, said: str) -> None:
    """A table that contradicts itself, names what is not there or says no source is refused, and told where."""
    with pytest.raises(InvalidArgument, match="crosswalk") as caught:
        Crosswalk.parse(text)
    assert caught.value.reason == "CROSSWALK_INVALID"
    assert said in caught.value.message


def test_a_category_that_is_not_there_is_told_what_is() -> None:
    """Checking names the schemes or the values that there are, and never repeats what was given."""
    SHIPPED.check("uk_abc", "A")
    SHIPPED.check("vics_ca", "7")  # its table is not public: anything is taken
    for place, reason, named in [
        (("uk_acb", "A"), "UNKNOWN_SCHEME", "uk_abc, sap5"),
        (("uk_abc", "a"), "UNKNOWN_CATEGORY", "A, B, C"),
        (("uk_abc", "f" * 64), "UNKNOWN_CATEGORY", "A, B, C"),
        (("vics_ca", ""), "UNKNOWN_CATEGORY", "vics_ca"),
        (("vics_ca", UNKNOWN), "UNKNOWN_CATEGORY", "vics_ca"),
    ]:
        with pytest.raises(InvalidArgument) as caught:
            SHIPPED.check(*place, field="classifications[0]")
        assert (caught.value.reason, caught.value.field) == (reason, "classifications[0]")
        assert named in caught.value.message
        assert "fff" not in caught.value.message


def test_schemes_of_other_organisations_are_free() -> None:
    """A scheme that the crosswalk does not know is told apart, kept as it is and mapped to nothing."""
    assert SHIPPED.is_known("uk_abc")
    assert not SHIPPED.is_known("arachnid")
    assert SHIPPED.map("arachnid", "csam", "arachnid") == "csam"
    assert SHIPPED.map("arachnid", "csam", "uk_abc") == UNKNOWN
    assert SHIPPED.map("uk_abc", "A", "arachnid") == UNKNOWN


def test_an_operator_may_bring_a_table(tmp_path: Path) -> None:
    """A table of one's own is read from its file; one that cannot be read is told."""
    own = tmp_path / "own.toml"
    own.write_text(THREE + mapping("a 1", "b 2"), "utf-8")
    assert load_crosswalk(own).map("a", "1", "b") == "2"
    own.write_bytes(b"\xff")
    for path in (own, tmp_path / "nowhere.toml"):
        with pytest.raises(InvalidArgument, match="cannot be read"):
            load_crosswalk(path)


def test_the_page_says_what_the_table_says() -> None:
    """docs/crosswalk.md and `hashsvc category map` agree: the outputs that it shows are the outputs."""
    page = (Path(module.__file__).parents[1] / "docs" / "crosswalk.md").read_text("utf-8")
    shown = [line for line in page.splitlines() if line.startswith('{"scheme"')]

    assert shown
    assert shown[0] + "\n" == run("map", "caid_uk", "1", "--to", "uk_abc").stdout
    assert shown[1] + "\n" == run("map", "sap5", "4", "--to", "uk_abc").stdout


def test_a_category_is_mapped_to_all_other_schemes() -> None:
    """Piped, `category map` writes a line for each other scheme, unknown where nothing is certain."""
    ran = run("map", "uk_abc", "B")

    assert ran.exit_code == 0
    assert ran.stderr == ""
    assert [(line["to_scheme"], line["to_value"]) for line in ran.lines] == [
        (name, "2" if name == "caid_uk" else UNKNOWN) for name in SCHEMES if name != "uk_abc"
    ]
    assert {line["crosswalk"] for line in ran.lines} == {SHIPPED.version}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("map", "arachnid", "csam"), "UNKNOWN_SCHEME"),
        (("map", "uk_abc", "A", "--to", "caid"), "UNKNOWN_SCHEME"),
        (("map", "uk_abc", "D"), "UNKNOWN_CATEGORY"),
    ],
)
def test_a_slip_of_the_pen_is_seen(arguments: tuple[str, ...], reason: str) -> None:
    """`category map` fails on a scheme or category that it does not know, and names those that there are."""
    ran = run(*arguments)

    assert (ran.exit_code, ran.stdout) == (1, "")
    assert reason in ran.stderr
    assert "there are" in ran.stderr


def test_all_categories_are_listed() -> None:
    """Piped, `category list` writes a line for each category with its meaning and source."""
    assert run("list").lines == SHIPPED.describe()


def test_a_person_reads_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal both commands write tables, and say which version of the crosswalk they read."""
    monkeypatch.setattr(command, "on_terminal", lambda: True)
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "160")

    listed, mapped = run("list"), run("map", "caid_uk", "3")

    assert "category C" in listed.stdout
    assert "uk_abc C" in listed.stdout
    assert "{" not in listed.stdout + mapped.stdout
    assert UNKNOWN in mapped.stdout
    assert listed.stderr == mapped.stderr == f"crosswalk {SHIPPED.version}\n"
