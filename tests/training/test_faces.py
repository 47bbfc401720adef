"""The renderer: the same faces again, distinct people, disjoint splits, and their sets."""

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from suite.datasets.kinds.bin import read_bin
from suite.training.people import Nuisance, identity_of, nuisance_of
from suite.training.rendering import ARCFACE_TEMPLATE, SIZE_PX, render
from suite.training.sets import evaluation_pairs, picture

EMBEDDED = Path(__file__).resolve().parents[2] / "fixtures" / "embedded"


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).astype(int)


def read() -> tuple[list[bytes], np.ndarray]:
    images, genuine = read_bin(EMBEDDED / "evaluation.bin")
    return [each if isinstance(each, bytes) else each.read() for each in images], genuine


@pytest.fixture(scope="module")
def committed() -> dict[tuple[int, int], bytes]:
    images, _ = read()
    names = [image for one, other, _ in evaluation_pairs() for image in (one, other)]
    return dict(zip(names, images, strict=True))


@pytest.mark.parametrize("person", [0, 37, 99])
def test_a_committed_face_is_rendered_again_within_one_grey_level(committed, person):
    mine = [name for name in committed if name[0] == person][:6]
    differences = np.stack(
        [abs(decoded(committed[name]) - decoded(picture("evaluation", *name))) for name in mine]
    )
    # JPEG turns a grey level in a pixel, which CPUs without AVX2 give, into up to three in a block.
    assert np.quantile(differences, 0.9999) <= 1
    assert differences.max() <= 4


def test_a_committed_calibration_face_is_rendered_again():
    for person in (0, 50, 99):
        data = (EMBEDDED / "calibration" / f"c{person:03d}.jpg").read_bytes()
        again = decoded(picture("calibration", person, 0))
        assert np.quantile(abs(decoded(data) - again), 0.9999) <= 1


def test_the_evaluation_set_is_what_the_script_writes(committed):
    images, genuine = read()
    pairs = evaluation_pairs()
    assert genuine.tolist() == [same for *_, same in pairs]
    lines = (EMBEDDED / "evaluation.identities.txt").read_text().splitlines()
    assert lines == [f"p{image[0]:03d}" for one, other, _ in pairs for image in (one, other)]
    assert len(images) == 12_000
    assert len(set(images)) == len(committed) == 1_200


def test_ten_folds_of_disjoint_people_with_distinct_pairs():
    pairs = evaluation_pairs()
    assert len({(one, other) for one, other, _ in pairs}) == 6_000
    seen: set[int] = set()
    for start in range(0, 6_000, 600):
        fold = pairs[start : start + 600]
        people = {image[0] for one, other, _ in fold for image in (one, other)}
        assert Counter(same for *_, same in fold) == {True: 300, False: 300}
        assert all((one[0] == other[0]) == same and one != other for one, other, same in fold)
        assert len(people) == 10
        assert not people & seen
        seen |= people


def test_people_of_two_splits_are_other_people():
    splits = ("training", "validation", "calibration", "evaluation")
    drawn = [identity_of(split, person) for split in splits for person in range(100)]
    assert len(set(drawn)) == len(drawn)
    assert identity_of("evaluation", 7) == identity_of("evaluation", 7)


def test_a_face_without_nuisance_sits_on_the_arcface_template():
    eyes = np.rint(ARCFACE_TEMPLATE[:2]).astype(int)
    darker = 0
    for person in range(20):
        grey = render(identity_of("evaluation", person), Nuisance()).mean(axis=2)
        for x, y in eyes:
            # Pupils are darker than the cheek below them.
            darker += grey[y - 2 : y + 3, x - 2 : x + 3].min() < grey[y + 16, x] * 0.6
    assert darker >= 36


def test_pictures_of_one_person_are_nearer_than_those_of_two():
    def small(person: int, number: int) -> np.ndarray:
        how = nuisance_of("evaluation", person, number, 0.3)
        shown = render(identity_of("evaluation", person), how)
        assert shown.shape == (SIZE_PX, SIZE_PX, 3)
        return cv2.resize(shown[20:100, 25:87], (12, 16), interpolation=cv2.INTER_AREA).ravel()

    pictures = np.array([[small(p, n) for n in range(3)] for p in range(12)], dtype=float)
    within = np.linalg.norm(pictures[:, 0] - pictures[:, 1], axis=1)
    between = np.linalg.norm(pictures[:, 0] - np.roll(pictures[:, 1], 1, axis=0), axis=1)
    assert np.median(within) < 0.6 * np.median(between)


def test_strength_zero_is_one_picture_and_strength_changes_it():
    who = identity_of("evaluation", 3)
    calm = nuisance_of("evaluation", 3, 1, 0.0)
    assert (calm.yaw, calm.blur_px, calm.noise, calm.glasses) == (0, 0, 0, 0)
    hard = nuisance_of("evaluation", 3, 1, 1.0)
    assert abs(render(who, calm).astype(int) - render(who, hard)).mean() > 5
