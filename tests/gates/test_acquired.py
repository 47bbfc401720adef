"""FTA and FRR beside the figures of pairs."""

import numpy as np
import pytest

from suite.datasets.acquisition import Acquisition
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, PairList, face_set
from suite.gates.acquired import failures_in_words, with_failures_to_acquire
from suite.verification.evidence import Evidence

FACES = [Face.held(f"{number}.jpg", bytes([number])) for number in range(10)]
# Five genuine pairs, of which the last has face 9; and an impostor pair.
PAIRS = PairList([0, 2, 4, 6, 8, 0], [1, 3, 5, 7, 9, 2], [True] * 5 + [False], 2)
EVIDENCE = Evidence(
    {"tar_at_far_1e-3_threshold": 1.0}, {}, {}, np.array([0.1, 0.2, 0.3, 1.5, 1.6, 1.2])
)


def faces(acquisition: Acquisition | None) -> FaceSet:
    return face_set("set", FACES, PAIRS, acquisition=acquisition)


def test_pairs_of_faces_left_out_count_as_failures_to_acquire():
    found = with_failures_to_acquire(faces(Acquisition(12, 2)), EVIDENCE)
    fta, fnmr = 2 / 12, 2 / 5
    assert found == pytest.approx({"fta": fta, "frr_at_far_1e-3": fta + (1 - fta) * fnmr})


def test_pairs_of_unaligned_faces_are_no_comparisons():
    acquired = Acquisition(10, 1, frozenset({FACES[9].sha256}))
    found = with_failures_to_acquire(faces(acquired), EVIDENCE)
    assert found == pytest.approx({"fta": 0.1, "frr_at_far_1e-3": 0.1 + 0.9 * 1 / 4})
    assert failures_in_words(faces(acquired), EVIDENCE) == (
        "failure to acquire: FTA 0.10000 (1 of 10 images); FRR at FAR=1e-3 0.3250 = FTA + "
        "(1 − FTA) · FNMR, with FNMR 0.2500 of the 4 genuine pairs whose two faces were found",
    )


def test_where_all_faces_were_found_frr_is_what_tar_leaves_and_nothing_is_said():
    found = with_failures_to_acquire(faces(Acquisition(10, 0)), EVIDENCE)
    assert found == pytest.approx({"fta": 0.0, "frr_at_far_1e-3": 0.4})
    assert failures_in_words(faces(Acquisition(10, 0)), EVIDENCE) == ()


def test_without_a_genuine_pair_of_found_faces_there_is_no_frr():
    acquired = Acquisition(10, 10, frozenset(face.sha256 for face in FACES))
    assert with_failures_to_acquire(faces(acquired), EVIDENCE) == {"fta": 1.0}
    assert failures_in_words(faces(acquired), EVIDENCE) == (
        "failure to acquire: FTA 1.00000 (10 of 10 images)",
    )


def test_a_set_in_which_no_face_is_looked_for_has_neither():
    assert with_failures_to_acquire(faces(None), EVIDENCE) == {}
    assert failures_in_words(faces(None), EVIDENCE) == ()
