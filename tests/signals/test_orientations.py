"""PDQ codes of mirrored and turned pictures, derived from the code alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.signals import orientations, orientations_many
from tests.signals import corpus

AS_GIVEN, MIRRORED, FLIPPED, ROTATED_90, ROTATED_180, ROTATED_270, TRANSPOSED, TRANSVERSED = range(8)
CODES = st.binary(min_size=32, max_size=32)


def pixels(seed):
    """A made-up picture, uint8[256, 256, 3], smooth as photographs are."""
    from PIL import Image

    noise = np.random.default_rng(seed).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    return np.array(Image.fromarray(noise).resize((256, 256), Image.Resampling.BICUBIC))


def in_all_forms(picture):
    """The picture as each Orientation in the order of the enum leaves it."""
    return [
        picture,
        picture[:, ::-1],  # left and right swapped
        picture[::-1],  # top and bottom swapped
        np.rot90(picture, -1),  # numpy turns counter-clockwise
        np.rot90(picture, 2),
        np.rot90(picture, 1),
        picture.transpose(1, 0, 2),
        np.rot90(picture, 2).transpose(1, 0, 2),
    ]


def distances(a, b):
    return np.bitwise_count(a ^ b).sum(axis=-1, dtype=np.int64)


@given(CODES)
def test_one_and_many_agree(value):
    """The forms of one code and of a column of codes are the same; the first is the code itself."""
    one = orientations(value)
    many = orientations_many(np.frombuffer(value * 3, np.uint8).reshape(3, 32))
    assert one.shape == (8, 32)
    assert (many == one).all()
    assert one[AS_GIVEN].tobytes() == value


@given(CODES)
def test_forms_combine_as_turns_and_mirrors_do(value):
    """Twice mirrored is as given, four quarter turns are none, a quarter turn after its opposite is none."""

    def apply(form, code):
        return orientations(code)[form].tobytes()

    for form in (MIRRORED, FLIPPED, ROTATED_180, TRANSPOSED, TRANSVERSED):
        assert apply(form, apply(form, value)) == value
    assert apply(ROTATED_270, apply(ROTATED_90, value)) == value
    assert apply(ROTATED_90, apply(ROTATED_90, value)) == apply(ROTATED_180, value)
    assert apply(FLIPPED, apply(MIRRORED, value)) == apply(ROTATED_180, value)
    assert apply(TRANSPOSED, apply(FLIPPED, value)) == apply(ROTATED_90, value)
    assert apply(ROTATED_180, apply(TRANSPOSED, value)) == apply(TRANSVERSED, value)


@pytest.mark.parametrize("seed", range(6))
def test_each_form_is_that_of_the_turned_picture(seed):
    """The derived code of form k is nearer to the hash of the picture in form k than any other form's is."""
    pdqhash = pytest.importorskip("pdqhash")
    picture = pixels(seed)
    derived = orientations(np.packbits(pdqhash.compute(picture)[0]).tobytes())
    for form, turned in enumerate(in_all_forms(picture)):
        hashed = np.packbits(pdqhash.compute(np.ascontiguousarray(turned))[0])
        found = distances(derived, hashed)
        assert found.argmin() == form
        assert found[form] <= 72
        assert np.delete(found, form).min() > 72


def test_forms_are_those_of_pdqhash_up_to_its_median():
    """Pdqhash derives the same forms from its coefficients: as near to ours as the threshold's change allows."""
    pdqhash = pytest.importorskip("pdqhash")
    # its order: as given, turned counter-clockwise by 90, 180, 270, flipped, mirrored, transposed, transversed
    order = [AS_GIVEN, ROTATED_270, ROTATED_180, ROTATED_90, FLIPPED, MIRRORED, TRANSPOSED, TRANSVERSED]
    found = []
    for seed in range(20):
        theirs = np.packbits(np.array(pdqhash.compute_dihedral(pixels(seed))[0]), axis=1)
        found.append(distances(orientations(theirs[0].tobytes())[order], theirs))
    assert np.median(found, axis=0).max() <= 24
    assert (np.array(found)[:, [0, 6]] == 0).all()


@pytest.mark.parametrize(("edit", "form"), [("mirror", MIRRORED), ("rotate-90", ROTATED_90)])
def test_mirrored_and_turned_copies_are_found(edit, form):
    """Within 31 bits, hardly any mirrored or quarter-turned copy is found as given, over 75 % in its form.

    Measured on data/pictures_dev: mirror 0.8 % to 79.1 % in its form and 79.9 % in any, quarter turn 0 % to 79.2 and
    80.0 %, median distance 18. The corpus' quarter turn is counter-clockwise: turned clockwise it meets the original.
    """
    originals, qualities = corpus.pictures()["original"]
    good = qualities >= 50
    found = distances(orientations_many(corpus.pictures()[edit][0][good]), originals[good][:, None, :])
    within = (found <= 31).mean(axis=0)
    assert within[AS_GIVEN] < 0.02
    assert within[form] >= 0.75
    assert (found.min(axis=1) <= 31).mean() >= 0.75
    assert np.median(found.min(axis=1)) <= 20
