"""When results must be those that were accepted, to the last bits."""

import pytest

from suite.judging.origin import Origin

BUILT = {"builder": "onnxruntime 1.32, CPU x", "made_of": "recipe"}
ACCEPTED = Origin(artifact="a", decoder="OpenCV 5", **BUILT)


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (ACCEPTED, True),
        # One file gives the same bits, whoever built it and wherever.
        (Origin(artifact="a", decoder="OpenCV 5", builder="onnxruntime 1.24, CPU y"), True),
        (Origin(artifact="a", decoder="OpenCV 5"), True),
        # What is built alike is one file; another one comes of another way to build.
        (Origin(artifact="b", decoder="OpenCV 5", **BUILT), True),
        (Origin(artifact="b", decoder="OpenCV 5", **BUILT | {"builder": "1.24"}), False),
        # As of other calibration faces.
        (Origin(artifact="b", decoder="OpenCV 5", **BUILT | {"made_of": "other"}), False),
        (Origin(artifact="a", decoder="OpenCV 4", **BUILT), False),
    ],
)
def test_bits_are_of_one_file_or_of_what_is_built_alike(now: Origin, same: bool) -> None:
    assert now.gives_the_bits_of(ACCEPTED) is same


def test_another_brought_file_and_an_older_baseline_promise_nothing() -> None:
    brought = Origin(artifact="a", decoder="OpenCV 5")
    assert not Origin(artifact="b", decoder="OpenCV 5").gives_the_bits_of(brought)
    assert not brought.gives_the_bits_of(None)
