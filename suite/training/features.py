"""Eyes, brows, nose and mouth."""

import numpy as np

from suite.training.canvas import Canvas, Colour, Points, ring
from suite.training.colours import iris_colour, lip_colour
from suite.training.people import Identity, Nuisance


def nose(canvas: Canvas, who: Identity, skin: Colour) -> None:
    """Wings, nostrils and the shaded side of the bridge."""
    tip, wide = who.nose_y, who.nose_width
    canvas.mirrored(
        [(wide * 0.75, tip - 0.08), (wide * 1.05, tip + 0.01), (wide * 0.9, tip + 0.07),
         (wide * 0.6, tip + 0.05)],
        skin * 0.82, opacity=0.55,
    )  # fmt: skip
    canvas.mirrored(
        ring(wide * 0.48, tip + 0.055, who.nostril * 1.35, who.nostril * 0.7),
        skin * 0.38,
        opacity=0.85,
    )
    canvas.curve(
        [(who.nose_bridge * 0.8, who.eye_y - 0.05), (who.nose_bridge, tip - 0.2),
         (wide * 0.8, tip - 0.06),
         (who.nose_bridge * 1.35, tip - 0.17), (who.nose_bridge * 1.15, who.eye_y)],
        skin * 0.72, opacity=0.4,
    )  # fmt: skip


def mouth(canvas: Canvas, who: Identity, how: Nuisance, skin: Colour) -> None:
    """Lips that smile and open, with teeth."""
    lips = lip_colour(who)
    y = who.mouth_y
    wide = who.mouth_width * (1 + 0.14 * max(0.0, how.smile))
    corner = y - 0.085 * how.smile
    gap = 0.14 * how.mouth_open
    upper, lower, bow = who.lip_upper, who.lip_lower, who.lip_bow
    if gap > 0.015:
        inside = [
            (-0.85 * wide, corner),
            (0, y - 0.02),
            (0.85 * wide, corner),
            (0.5 * wide, y + gap),
            (0, y + 1.15 * gap),
            (-0.5 * wide, y + gap),
        ]
        canvas.curve(inside, np.array([60, 25, 25], np.float32))
        if how.smile > 0.1:
            canvas.curve(
                [
                    (-0.7 * wide, corner + 0.01),
                    (0, y),
                    (0.7 * wide, corner + 0.01),
                    (0.4 * wide, y + 0.5 * gap),
                    (-0.4 * wide, y + 0.5 * gap),
                ],
                np.array([235, 230, 218], np.float32),
            )
    canvas.curve(
        [(-wide, corner), (-0.4 * wide, y - upper), (-0.12 * wide, y - upper - bow), (0, y - upper),
         (0.12 * wide, y - upper - bow), (0.4 * wide, y - upper), (wide, corner),
         (0.4 * wide, y + 0.005),
         (0, y + 0.012), (-0.4 * wide, y + 0.005)],
        lips * 0.88,
    )  # fmt: skip
    low = y + gap
    canvas.curve(
        [(-0.97 * wide, corner), (-0.45 * wide, low), (0, low + 0.012), (0.45 * wide, low),
         (0.97 * wide, corner),
         (0.5 * wide, low + 0.8 * lower), (0, low + lower), (-0.5 * wide, low + 0.8 * lower)],
        lips,
    )  # fmt: skip
    canvas.ellipse(0, low + 0.5 * lower, 0.35 * wide, 0.2 * lower, lips * 1.2, opacity=0.5)
    if gap <= 0.015:
        canvas.curve(
            [(-wide, corner), (0, y + 0.004), (wide, corner), (0, y + 0.028)],
            lips * 0.45,
            opacity=0.8,
        )


def eyes(canvas: Canvas, who: Identity, how: Nuisance, skin: Colour, hair: Colour) -> None:
    """Eyes that look and blink, and the brows above them."""
    for side in (-1.0, 1.0):
        _eye(canvas, who, how, skin, side)
        _brow(canvas, who, how, hair, side)


def _eye(canvas: Canvas, who: Identity, how: Nuisance, skin: Colour, side: float) -> None:
    openness = max(0.06, 1 - how.blink) * (1 - 0.2 * who.lid)
    w, h = who.eye_width, who.eye_height * openness
    y, slant = who.eye_y, who.eye_slant

    def at(points: Points) -> Points:
        return [(side * who.eye_x + side * px, y + py - slant * px / w) for px, py in points]

    almond = at([(-w, 0.01), (-0.45 * w, -0.8 * h), (0.15 * w, -h), (0.7 * w, -0.6 * h), (w, 0),
                 (0.5 * w, 0.75 * h), (-0.2 * w, 0.8 * h)])  # fmt: skip
    crease = at([(-w, -0.01), (-0.4 * w, -1.25 * h - 0.03), (0.2 * w, -1.4 * h - 0.035),
                 (1.08 * w, -0.02),
                 (0.2 * w, -1.1 * h), (-0.4 * w, -h)])  # fmt: skip
    canvas.curve(crease, skin * (0.8 - 0.25 * who.lid), opacity=0.8)
    before = canvas.colour.copy()
    canvas.curve(almond, np.array([238, 234, 230], np.float32) * (0.8 + 0.2 * skin[0] / 250))
    centre = (side * who.eye_x + 0.05 * how.gaze, y - 0.1 * h)
    r, iris = who.iris_radius, iris_colour(who)
    canvas.ellipse(*centre, r, r, iris * 0.55)
    canvas.ellipse(*centre, r * 0.86, r * 0.86, iris)
    canvas.ellipse(*centre, r * 0.42, r * 0.42, np.array([12, 10, 10], np.float32))
    canvas.ellipse(
        centre[0] - 0.3 * r, centre[1] - 0.35 * r, r * 0.2, r * 0.2, np.full(3, 250, np.float32)
    )
    canvas.keep_inside(almond, before)
    lash = at([(-w, 0.01), (-0.45 * w, -0.8 * h), (0.15 * w, -h), (0.7 * w, -0.6 * h),
               (1.05 * w, -0.01),
               (0.7 * w, -0.6 * h - 0.025), (0.15 * w, -h - 0.03),
               (-0.45 * w, -0.8 * h - 0.02)])  # fmt: skip
    canvas.curve(lash, skin * 0.22)


def _brow(canvas: Canvas, who: Identity, how: Nuisance, hair: Colour, side: float) -> None:
    brow = hair * 0.75 if who.hair_grey < 0.6 else hair * 0.9
    raised = who.brow_gap + 0.035 * how.brow_raise
    length, thick = who.brow_length, who.brow_thickness
    arch, tilt = who.brow_arch, who.brow_slant
    line = [
        (-0.85 * length, tilt),
        (-0.2 * length, -arch * 0.7),
        (0.4 * length, -arch),
        (1.05 * length, 0.02 - tilt * 0.4),
    ]
    top = [(px, py - raised - thick * (0.9 - 0.5 * max(0.0, px / length))) for px, py in line]
    bottom = [
        (px, py - raised + 0.6 * thick * (0.9 - 0.8 * max(0.0, px / length)))
        for px, py in reversed(line)
    ]
    canvas.curve(
        [(side * (who.eye_x + px), who.eye_y + py) for px, py in (*top, *bottom)],
        brow,
        opacity=0.9,
    )
