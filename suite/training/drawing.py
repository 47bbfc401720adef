"""The frontal picture of a person, drawn with closed curves on a flat canvas."""

import numpy as np
import numpy.typing as npt

from suite.training.canvas import Canvas, Colour
from suite.training.colours import hair_colour, skin_colour
from suite.training.features import eyes, mouth, nose
from suite.training.head import beard, behind, hair_front, head_outline, marks, skin_field, wrinkles
from suite.training.people import Identity, Nuisance


def draw(who: Identity, how: Nuisance) -> Canvas:
    """The person seen from the front, with this picture's expression, glasses and occluder."""
    rng = np.random.default_rng(who.texture_seed)
    skin, hair = skin_colour(who), hair_colour(who)
    canvas = Canvas(np.clip((skin + hair) / 2, 0, 255))
    behind(canvas, who, how, skin, hair)
    canvas.curve(head_outline(who), skin)
    canvas.shade(skin_field(who, rng))
    beard(canvas, who, hair)
    nose(canvas, who, skin)
    mouth(canvas, who, how, skin)
    eyes(canvas, who, how, skin, hair)
    wrinkles(canvas, who, how, skin)
    marks(canvas, who, skin, rng)
    hair_front(canvas, who, hair, rng)
    if how.glasses:
        _glasses(canvas, who, how)
    if how.occluder:
        _occluder(canvas, who, how)
    return canvas


def landmarks(who: Identity) -> npt.NDArray[np.float32]:
    """Both eyes, the tip of the nose and both corners of the mouth, [5, 2] in face units."""
    return np.array(
        [
            [-who.eye_x, who.eye_y],
            [who.eye_x, who.eye_y],
            [0.0, who.nose_y],
            [-who.mouth_width, who.mouth_y],
            [who.mouth_width, who.mouth_y],
        ],
        np.float32,
    )


def _glasses(canvas: Canvas, who: Identity, how: Nuisance) -> None:
    frame = np.asarray(how.glasses_colour, np.float32)
    rx, ry, thick = 0.27, 0.15 + 0.1 * how.glasses, 0.02 + 0.03 * how.glasses
    for side in (-1, 1):
        before = canvas.colour.copy()
        x, y = side * who.eye_x, who.eye_y + 0.02
        box = [
            (x - rx, y - ry),
            (x, y - 1.08 * ry),
            (x + rx, y - ry),
            (x + 1.05 * rx, y),
            (x + rx, y + ry),
            (x, y + 1.1 * ry),
            (x - rx, y + ry),
            (x - 1.05 * rx, y),
        ]
        lens = [
            (x + (px - x) * (1 - thick / rx), y + (py - y) * (1 - thick / ry)) for px, py in box
        ]
        canvas.curve(box, frame)
        # A lens takes a little of the light.
        canvas.keep_outside(lens, before, 0.95)
        canvas.curve(
            [
                (x + side * rx, y - 0.05),
                (side * (who.temple_width + 0.05), y - 0.07),
                (side * (who.temple_width + 0.05), y - 0.02),
                (x + side * rx, y),
            ],
            frame,
        )
    gap = who.eye_x - rx
    canvas.curve(
        [
            (-gap - 0.02, who.eye_y - 0.02),
            (0, who.eye_y - 0.06),
            (gap + 0.02, who.eye_y - 0.02),
            (0, who.eye_y - 0.02),
        ],
        frame,
    )


def _occluder(canvas: Canvas, who: Identity, how: Nuisance) -> None:
    cloth = np.asarray(how.occluder_colour, np.float32)
    if how.occluder == "scarf":
        _scarf(canvas, who, cloth)
    elif how.occluder == "hand":
        _hand(canvas, who)
    else:
        _cap(canvas, who, cloth)


def _scarf(canvas: Canvas, who: Identity, cloth: Colour) -> None:
    y = who.mouth_y - 0.02
    canvas.curve(
        [
            (-1.25, y + 0.05),
            (-0.5, y + 0.1),
            (0, y - 0.02),
            (0.5, y + 0.1),
            (1.25, y + 0.05),
            (1.4, 1.9),
            (-1.4, 1.9),
        ],
        cloth,
    )
    canvas.curve(
        [(-1.1, y + 0.25), (0, y + 0.3), (1.1, y + 0.22), (0, y + 0.36)],
        cloth * 0.7,
        opacity=0.7,
    )


def _hand(canvas: Canvas, who: Identity) -> None:
    skin = skin_colour(who) * 0.93
    for finger in range(4):
        x = 0.42 + 0.15 * finger
        canvas.curve(
            [
                (x - 0.07, 1.5),
                (x - 0.08, 0.65 + 0.08 * finger),
                (x, 0.52 + 0.08 * finger),
                (x + 0.08, 0.65 + 0.08 * finger),
                (x + 0.07, 1.5),
            ],
            skin * (0.94 + 0.03 * finger),
        )


def _cap(canvas: Canvas, who: Identity, cloth: Colour) -> None:
    y = who.hair_line + 0.2
    canvas.curve(
        [
            (-1.1, y),
            (-0.9, who.crown_y - 0.05),
            (0, who.crown_y - 0.3),
            (0.9, who.crown_y - 0.05),
            (1.1, y),
            (0.5, y - 0.04),
            (0, y),
            (-0.5, y - 0.04),
        ],
        cloth,
    )
    canvas.curve(
        [
            (-0.9, y - 0.06),
            (0, y),
            (0.9, y - 0.06),
            (0.7, y + 0.12),
            (0, y + 0.17),
            (-0.7, y + 0.12),
        ],
        cloth * 0.65,
    )
