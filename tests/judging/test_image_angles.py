"""Angles in 16 bits, and how far images turned from the accepted ones."""

import hashlib
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suite.judging.image_angles import ImageAngles, turned

STEP = 180 / 65534
DEGREES = st.lists(st.none() | st.floats(0, 180), min_size=1, max_size=40)


@settings(deadline=None)
@given(DEGREES)
def test_an_angle_is_kept_within_half_a_step(degrees: list[float | None]) -> None:
    kept = ImageAngles.of(degrees)
    # Git takes a file with a NUL for binary.
    assert kept.data[:8] == b"\0angles\0"
    codes = np.frombuffer(kept.data[8:], "<u2")
    assert (len(codes), kept.images) == (len(degrees), len(degrees))
    assert kept.sha256 == hashlib.sha256(kept.data).hexdigest()
    for code, degree, read in zip(codes, degrees, kept.degrees, strict=True):
        if degree is None:
            assert (code, read) == (65535, None)
        else:
            assert abs(code * STEP - degree) <= STEP / 2 + 1e-9
            assert read == pytest.approx(code * STEP)


@settings(deadline=None)
@given(DEGREES)
def test_what_is_read_back_is_the_same(degrees: list[float | None]) -> None:
    kept = ImageAngles.of(degrees)
    document = kept.model_dump(mode="json", include={"images", "sha256"})
    alone = ImageAngles.model_validate(document)
    assert (alone.angles, alone.is_of(kept.data)) == ("", True)
    assert alone.with_data(kept.data) == kept
    assert not alone.is_of(kept.data[:-2])
    assert not alone.is_of(kept.data[:-1] + bytes([kept.data[-1] ^ 1]))


@settings(deadline=None)
@given(st.integers(0, 200))
def test_shares_are_numpys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 4, 50)
    codes = rng.integers(400, 4000, (2, 50))
    before, after = codes * STEP
    found = turned(
        ImageAngles.of(after.tolist(), people.tolist()),
        ImageAngles.of(before.tolist()),
    )
    assert found is not None
    change = (after - before) / before.mean()
    assert found.mean == pytest.approx(np.abs(change).mean())
    assert found.worst == pytest.approx(np.abs(change).max())
    of_people = [abs(change[people == each].mean()) for each in np.unique(people)]
    assert found.person == pytest.approx(max(of_people))


def test_small_angles_are_no_unit() -> None:
    found = turned(ImageAngles.of([0.02, 0.02]), ImageAngles.of([0.01, 0.01]))
    assert found is not None
    assert (found.unit, found.person) == (1.0, None)
    assert found.mean == pytest.approx(0.01, abs=STEP)


def test_an_angle_on_one_side_alone_is_beyond_all() -> None:
    both = turned(ImageAngles.of([None, 3.0]), ImageAngles.of([None, 3.0]))
    assert both is not None
    assert both.worst == 0.0
    one = turned(ImageAngles.of([5.0, 3.0]), ImageAngles.of([None, 3.0]))
    assert one is not None
    assert one.worst == float("inf")
    assert turned(ImageAngles.of([5.0]), ImageAngles.of([5.0, 5.0])) is None


def test_whom_the_turned_images_show_is_counted() -> None:
    accepted = ImageAngles.of([2.0] * 6)

    def said(degrees: list[float], people: tuple[int, ...] = (0, 0, 0, 1, 1, 2)) -> str:
        found = turned(ImageAngles.of(degrees, people), accepted)
        assert found is not None
        return found.in_words(0.5)

    assert said([8, 8, 8, 2, 2, 2]) == (
        "3 of 6 images turned by up to 6°, all of one person, who has 3 images"
    )
    assert said([8, 2, 2, 8, 2, 2]) == "2 of 6 images turned by up to 6°, of 2 people"
    assert said([8] * 6) == "6 of 6 images turned by up to 6°"
    assert said([8, 8, 2, 2, 2, 2], ()) == "2 of 6 images turned by up to 6°"
    assert said([2.3] * 6) == "6 images turned by 0.3° on average"


def test_who_is_who_is_kept_where_numbers_suffice() -> None:
    assert ImageAngles.of([1.0, 2.0], [0, 70000]).people == ""
    assert ImageAngles.of([1.0, 2.0], [0]).people == ""
    kept = ImageAngles.of([1.0, 2.0], [258, 7])
    assert (b64decode(kept.people), kept.numbered) == (b"\x02\x01\x07\x00", [258, 7])
