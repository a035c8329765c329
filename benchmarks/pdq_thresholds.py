"""Measure on the corpus what a PDQ distance means: data/chance.json, the chart and the tables of decision 0003.

    python -m benchmarks.pdq_thresholds --corpus data/pictures_dev.jsonl.gz [--chart docs/images/pdq_thresholds.svg]

Writes data/chance.json, and prints the tables as Markdown. Deterministic: the same corpus gives the same bytes. The
corpus is fingerprints of innocuous pictures, each in 23 versions (data/README.md); `group` joins those that show the
same thing, so a near pair of two groups is a wrong match.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hashsvc.signals import PDQ, QUALITY_MIN, orientations_many, weak_rows

SHARE_MAX_BITS = 64  # the index searches no farther (limits.PDQ_RADIUS_MAX)
SPLITS = 1_000
SEED = 3
TABLE_BITS = (0, 10, 15, 20, 25, 31, 35, 40, 45, 50, 64)
CLOSE, SHOW, THOROUGH = 20, 31, 45  # as decided in decision 0003, for the chart's lines and the columns' heads


class Corpus(NamedTuple):
    """codes: uint64[picture, edit, 4]. quality: [picture, edit]. group: [picture].

    flat: the guard refuses it, told the quality. flat_untold: it refuses it where the quality is unknown.
    """

    edits: list[str]
    codes: NDArray[np.uint64]
    quality: NDArray[np.int64]
    flat: NDArray[np.bool_]
    flat_untold: NDArray[np.bool_]
    group: NDArray[np.int64]

    @property
    def good(self) -> NDArray[np.bool_]:
        return ~self.flat & (self.quality >= QUALITY_MIN)


def read_corpus(path: Path) -> Corpus:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        pictures: list[dict[str, Any]] = [json.loads(line) for line in lines]
    versions = [picture["variants"] for picture in pictures]
    edits = [version["edit"] for version in versions[0]]
    values = np.array([[list(bytes.fromhex(v["pdq"])) for v in picture] for picture in versions], np.uint8)
    quality = np.array([[v["quality"] for v in picture] for picture in versions], np.uint8)
    return Corpus(
        edits,
        values.view(np.uint64),
        quality.astype(np.int64),
        weak_rows(PDQ, values.reshape(-1, 32), quality.reshape(-1)).reshape(quality.shape),
        weak_rows(PDQ, values.reshape(-1, 32)).reshape(quality.shape),
        np.array([picture["group"] for picture in pictures]),
    )


def turned(codes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Derive the eight forms: uint64[n, 4] → uint64[n, 8, 4]."""
    return orientations_many(np.ascontiguousarray(codes).view(np.uint8)).view(np.uint64)


def distances(queries: NDArray[np.uint64], listed: NDArray[np.uint64], *, all_forms: bool) -> NDArray[np.uint16]:
    """Measure queries against listed codes, in the best of eight forms if asked: uint16[q, n]."""
    out = np.empty((len(queries), len(listed)), np.uint16)
    forms = turned(queries) if all_forms else queries[:, None, :]
    for row in range(len(queries)):
        out[row] = np.bitwise_count(forms[row][:, None, :] ^ listed).sum(axis=2, dtype=np.uint16).min(axis=0)
    return out


def poisson_upper(count: int) -> float:
    """Give the 95 % upper limit of a mean of which `count` was seen (3.0 for none: the rule of three)."""

    def at_most(mean: float) -> float:
        return sum(math.exp(-mean + k * math.log(mean) - math.lgamma(k + 1)) for k in range(count + 1))

    low, high = float(count) + 1e-9, 3.0 * count + 10.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(middle) > 0.05 else (low, middle)
    return high


def wrong_matches(corpus: Corpus, low: bool, *, all_forms: bool) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Count pairs of different groups within each distance: (originals, worst edit, pairs that can be).

    low: pairs with a quality below the least on at least one side (and not flat), instead of on none. Every edit of
    one picture against the original of another; both directions are the same pair, so counts are halved, upwards.
    """
    usable = ~corpus.flat[:, 0]
    listed = np.flatnonzero(usable if low else corpus.good[:, 0])
    per_edit = []
    for edit in range(len(corpus.edits)):
        queries = np.flatnonzero(~corpus.flat[:, edit] if low else corpus.good[:, edit])
        found = distances(corpus.codes[queries, edit], corpus.codes[listed, 0], all_forms=all_forms)
        others = corpus.group[queries][:, None] != corpus.group[listed][None, :]
        if low:
            weak_query, weak_listed = (
                corpus.quality[queries, edit] < QUALITY_MIN,
                corpus.quality[listed, 0] < QUALITY_MIN,
            )
            others &= weak_query[:, None] | weak_listed[None, :]
        per_edit.append(np.bincount(found[others], minlength=257).cumsum())
    counts = -(-np.array(per_edit) // 2)
    return counts[0], counts.max(axis=0), int(counts[0][-1])


def curve(worst: NDArray[np.int64], pairs: int, what: str) -> dict[str, Any]:
    """Make one curve of chance.json: 95 % upper limits."""
    first = int(np.flatnonzero(worst)[0])
    share = [float(f"{min(1.0, poisson_upper(int(worst[d])) / pairs):.3g}") for d in range(SHARE_MAX_BITS + 1)]
    note = (
        f"corpus of innocuous pictures, {pairs:,} pairs of unlike ones ({what}), worst of 23 edits, 95 % upper limit; "
        f"none met below {first} bits, where the rule of three (3 / pairs) stands"
    )
    return {"share": share, "source": f"corpus, {pairs:,} unlike pairs, 95 % upper limit", "note": note}


def found_shares(corpus: Corpus) -> dict[str, list[NDArray[np.float64]]]:
    """Give for each edit the share found within each distance of its own original: [as given, in eight forms].

    Of originals that may be listed (quality ≥ 50, not flat), whatever the edit's quality.
    """
    listed = np.flatnonzero(corpus.good[:, 0])
    original = corpus.codes[listed, 0]
    shares = {}
    for edit, name in enumerate(corpus.edits):
        forms = turned(corpus.codes[listed, edit])
        away = np.bitwise_count(forms ^ original[:, None, :]).sum(axis=2)
        shares[name] = [
            np.bincount(best, minlength=257).cumsum() / len(listed) for best in (away[:, 0], away.min(axis=1))
        ]
    return shares


def closed_shares(corpus: Corpus, close: int) -> list[float]:
    """Give for each edit the share that is KNOWN: within close and of good quality on both sides."""
    listed = np.flatnonzero(corpus.good[:, 0])
    away = np.bitwise_count(corpus.codes[listed] ^ corpus.codes[listed, :1]).sum(axis=2)
    return [float(share) for share in ((away <= close) & corpus.good[listed]).mean(axis=0)]


def nearest_other(corpus: Corpus) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
    """Give (groups, distance of each group to each other: of any edit of one to an original of the other)."""
    listed = np.flatnonzero(corpus.good[:, 0])
    groups, index = np.unique(corpus.group[listed], return_inverse=True)
    near = np.full((len(groups), len(groups)), 256, np.uint16)
    for edit in range(len(corpus.edits)):
        rows = corpus.good[listed, edit]
        found = distances(corpus.codes[listed[rows], edit], corpus.codes[listed, 0], all_forms=False)
        np.minimum.at(near, (index[rows][:, None], index[None, :]), found)
    near = np.minimum(near, near.T)
    np.fill_diagonal(near, 256)
    return groups, near


def version_pairs(corpus: Corpus, usable: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
    """Count pairs of versions of different groups within each distance, as given: (counts, pairs that can be).

    usable: bool[picture, edit]. Every version against every other, not against originals only: as if edited pictures
    were listed too. Two that were edited alike (turned, framed) share what the edit put there.
    """
    rows = np.flatnonzero(usable.reshape(-1))
    codes, group = corpus.codes.reshape(-1, 4)[rows], np.repeat(corpus.group, len(corpus.edits))[rows]
    counts = np.zeros(257, np.int64)
    for row in range(len(rows) - 1):
        away = np.bitwise_count(codes[row + 1 :] ^ codes[row]).sum(axis=1, dtype=np.uint16)
        counts += np.bincount(away[group[row + 1 :] != group[row]], minlength=257)
    return counts.cumsum(), int(counts.sum())


def low_queries(corpus: Corpus, of: NDArray[np.bool_]) -> tuple[int, int, NDArray[np.int64], NDArray[np.int64]]:
    """Ask versions of quality below 50 of the listed originals, as given.

    of: bool[picture, edit], which of them. Returns (how many, comparisons with other groups, wrong pairs within each
    distance, queries that meet their own group within each distance).
    """
    listed = np.flatnonzero(corpus.good[:, 0])
    rows = np.flatnonzero((of & (corpus.quality < QUALITY_MIN)).reshape(-1))
    away = distances(corpus.codes.reshape(-1, 4)[rows], corpus.codes[listed, 0], all_forms=False)
    others = np.repeat(corpus.group, len(corpus.edits))[rows][:, None] != corpus.group[listed][None, :]
    own = np.where(others, 256, away).min(axis=1)
    wrong, true = (np.bincount(found, minlength=257).cumsum() for found in (away[others], own[own <= 255]))
    return len(rows), int(others.sum()), wrong, true


def print_guards(corpus: Corpus) -> None:
    """Say what the flat guard refuses, with the quality and without, and what that leaves and loses."""
    low = corpus.quality < QUALITY_MIN
    original = corpus.codes[:, :1]
    copies = (np.bitwise_count(corpus.codes ^ original).sum(axis=2) <= CLOSE) & corpus.good[:, :1]
    print("\n| versions | of | refused, quality told | refused, quality untold |\n|---|---:|---:|---:|")
    for name, rows in (("quality 50 and more", ~low), ("below 50", low), (f"true copies within {CLOSE} bits", copies)):
        print(f"| {name} | {rows.sum():,} | {(rows & corpus.flat).sum()} | {(rows & corpus.flat_untold).sum()} |")
    print(f"of those copies below 50: {(copies & low).sum()}")
    for name, of in (("searched", ~corpus.flat), ("refused", corpus.flat)):
        count, comparisons, wrong, true = low_queries(corpus, of)
        print(
            f"quality below 50, {name}: {count} versions, {comparisons:,} comparisons with other groups, wrong within "
            f"20, 31, 45 bits: {[int(wrong[d]) for d in (20, 31, 45)]}, nearest {int(np.flatnonzero(wrong)[0])}; "
            f"they meet their own: {[int(true[d]) for d in (20, 31, 45)]}"
        )
    print("\nPairs of versions of unlike pictures, edited ones listed too, as given\n")
    print("| pairs | of | " + " | ".join(map(str, TABLE_BITS)) + " |\n|---|---:|" + "---:|" * len(TABLE_BITS))
    for name, usable in (
        ("quality 50 and more", corpus.good),
        ("the same, with the heuristics", corpus.good & ~corpus.flat_untold),
        ("any quality, untold", ~corpus.flat_untold),
    ):
        counts, pairs = version_pairs(corpus, usable)
        print(f"| {name} | {pairs:,} | " + " | ".join(str(int(counts[d])) for d in TABLE_BITS) + " |")


def print_tables(corpus: Corpus, shares: dict[str, list[NDArray[np.float64]]]) -> None:
    head = ("10", "15", "20", "25", "31", "45", "45, 8 forms", f"KNOWN at {CLOSE}")
    print("\nShare of each edit within d bits of its listed original, %\n")
    print("| edit | " + " | ".join(head) + " |\n|---|" + "---:|" * len(head))
    known = closed_shares(corpus, CLOSE)
    for (name, (given, forms)), closed in zip(shares.items(), known, strict=True):
        cells = [given[d] for d in (10, 15, 20, 25, 31, 45)] + [forms[THOROUGH], closed]
        print(f"| {name} | " + " | ".join(f"{100 * cell:.1f}" for cell in cells) + " |")
    mean = {d: np.mean([given[d] for given, _ in shares.values()]) for d in (10, 15, 20, 25, 28, 31, 45)}
    print("\nmean over edits as given, %:", {d: round(100 * float(share), 1) for d, share in mean.items()})
    print("in 8 forms, %:", {d: round(100 * float(np.mean([f[d] for _, f in shares.values()])), 1) for d in (31, 45)})


def print_splits(near: NDArray[np.uint16]) -> None:
    """Choose on one half of the groups, look at the other; and leave one group out."""
    random = np.random.default_rng(SEED)
    count = len(near)
    chosen, wrong_chosen, wrong_fixed = [], 0, dict.fromkeys((CLOSE, 25, SHOW), 0)
    for _ in range(SPLITS):
        half = random.permutation(count)
        a, b = half[: count // 2], half[count // 2 :]
        best = int(near[np.ix_(a, a)].min()) - 1
        other = int(near[np.ix_(b, b)].min())
        chosen.append(best)
        wrong_chosen += other <= best
        for fixed in wrong_fixed:
            wrong_fixed[fixed] += other <= fixed
    print(
        f"\n{SPLITS} half/half splits of {count} groups: largest distance without a wrong match on one half: "
        f"{min(chosen)} to {max(chosen)}, median {int(np.median(chosen))}; "
        f"it makes wrong matches on the other half in {100 * wrong_chosen / SPLITS:.0f} % of splits; "
        f"fixed at {', '.join(f'{d}: {n}' for d, n in wrong_fixed.items())} of {SPLITS}"
    )
    nearest = np.sort(near.min(axis=1))
    print(
        f"leave one group out, nearest other group: least {nearest[:12].tolist()}, 1 % {nearest[count // 100]}, "
        f"10 % {nearest[count // 10]}, median {nearest[count // 2]}"
    )


def draw(path: Path, shares: dict[str, list[NDArray[np.float64]]], lines: dict[str, NDArray[np.int64]]) -> None:
    import matplotlib as mpl

    mpl.use("svg" if path.suffix == ".svg" else "agg")
    mpl.rcParams["svg.hashsalt"] = "hashsvc"
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8), layout="constrained")
    bits = np.arange(SHARE_MAX_BITS + 1)
    shown = ("jpeg-q10", "resize-50", "watermark", "crop-2", "rotate-2", "crop-5")
    for color, name in enumerate(shown):
        left.plot(bits, 100 * shares[name][0][: len(bits)], color=f"C{color}", label=name)
    for color, name in enumerate(("mirror", "rotate-90"), len(shown)):
        left.plot(bits, 100 * shares[name][1][: len(bits)], "--", color=f"C{color}", label=f"{name}, eight forms")
    left.set(title="Edits within a distance of their listed original", xlabel="bits", ylabel="% found", ylim=(0, 101))
    left.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    for style, (name, counts) in zip(("-", "--", ":"), lines.items(), strict=True):
        right.plot(bits, counts[: len(bits)], style, color="black", drawstyle="steps-post", label=name)
    right.set(title="Unlike pictures within a distance of one another", xlabel="bits", ylabel="pairs", ylim=(0, 40))
    right.legend(loc="upper left", fontsize=8)
    for axes in (left, right):
        for at, name in ((CLOSE, "close"), (SHOW, "show"), (THOROUGH, "thorough")):
            axes.axvline(at, color="grey", linewidth=0.8)
            axes.text(
                at + 0.4, axes.get_ylim()[1] * 0.02, f"{name} {at}", rotation=90, fontsize=8, color="grey", va="bottom"
            )
        axes.set_xlim(0, SHARE_MAX_BITS)
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, metadata=metadata)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=Path("data/pictures_dev.jsonl.gz"))
    parser.add_argument("--out", type=Path, default=Path("data/chance.json"))
    parser.add_argument("--chart", type=Path, help="draw the chart here too; needs matplotlib")
    chosen = parser.parse_args()
    corpus = read_corpus(chosen.corpus)

    given, given_worst, pairs = wrong_matches(corpus, False, all_forms=False)
    forms, forms_worst, _ = wrong_matches(corpus, False, all_forms=True)
    low, low_worst, low_pairs = wrong_matches(corpus, True, all_forms=True)
    table = {
        "about": "Written by benchmarks/pdq_thresholds.py. share[d]: upper bound of the share of listed PDQ "
        "within d bits of an unrelated picture.",
        "pdq": {
            "as_given": curve(given_worst, pairs, "quality 50 and more on both sides, as given"),
            "turned": curve(forms_worst, pairs, "quality 50 and more on both sides, best of eight orientations"),
            "low_quality": curve(low_worst, low_pairs, "quality below 50 on a side, best of eight orientations"),
        },
    }  # fmt: skip
    chosen.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")

    shares = found_shares(corpus)
    groups, listed = len(np.unique(corpus.group)), int(corpus.good[:, 0].sum())
    print(f"{len(corpus.group)} pictures, {groups} groups; {listed} may be listed")
    print_tables(corpus, shares)
    print("\nPairs of unlike pictures within d bits\n")
    print("| pairs | of | " + " | ".join(map(str, TABLE_BITS)) + " |\n|---|---:|" + "---:|" * len(TABLE_BITS))
    for name, counts, total in (
        ("originals, as given", given, pairs),
        ("worst of 23 edits, as given", given_worst, pairs),
        ("originals, best of eight forms", forms, pairs),
        ("worst of 23 edits, eight forms", forms_worst, pairs),
        ("quality below 50, originals", low, low_pairs),
        ("quality below 50, worst edit", low_worst, low_pairs),
    ):
        print(f"| {name} | {total:,} | " + " | ".join(str(int(counts[d])) for d in TABLE_BITS) + " |")
    _, near = nearest_other(corpus)
    print_splits(near)
    print_guards(corpus)
    if chosen.chart is not None:
        lines = {"as given": given, "best of eight orientations": forms, "as given, worst of 23 edits": given_worst}
        draw(chosen.chart, shares, lines)


if __name__ == "__main__":
    main()
