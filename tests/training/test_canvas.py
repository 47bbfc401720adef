"""Closed curves on a flat canvas."""

import numpy as np

from suite.training.canvas import CANVAS_PX, Canvas

GROUND, RED = np.full(3, 100, np.float32), np.array([200, 0, 0], np.float32)
MIDDLE = CANVAS_PX // 2


def test_a_curve_covers_what_it_encloses_and_nothing_else() -> None:
    canvas = Canvas(GROUND)
    canvas.ellipse(0, 0, 0.5, 0.5, RED)
    assert canvas.colour[MIDDLE, MIDDLE].tolist() == [200, 0, 0]
    assert canvas.colour[5, 5].tolist() == [100, 100, 100]
    assert (canvas.alpha[MIDDLE, MIDDLE], canvas.alpha[5, 5]) == (255, 0)


def test_a_translucent_curve_mixes_with_the_ground() -> None:
    canvas = Canvas(GROUND)
    canvas.ellipse(0, 0, 0.5, 0.5, RED, opacity=0.5)
    np.testing.assert_allclose(canvas.colour[MIDDLE, MIDDLE], [150, 50, 50], atol=1)


def test_a_mirrored_curve_is_on_both_halves() -> None:
    canvas = Canvas(GROUND)
    canvas.mirrored([(0.4, -0.2), (0.8, -0.2), (0.8, 0.2), (0.4, 0.2)], RED)
    covered = canvas.alpha > 127
    assert (covered != covered[:, ::-1]).sum() < 0.02 * covered.sum()  # the edges alone
    assert covered.any()
    assert not covered[MIDDLE, MIDDLE]
