"""Colours of skin, hair, eyes and lips."""

import numpy as np

from suite.training.canvas import Colour, Image
from suite.training.people import Identity

_SKIN = np.array(
    [
        [250, 222, 200],
        [240, 198, 165],
        [222, 172, 132],
        [190, 135, 95],
        [140, 92, 62],
        [88, 56, 40],
    ],
    np.float32,
)

_HAIR = np.array(
    [[24, 20, 20], [58, 38, 26], [104, 66, 36], [150, 100, 52], [205, 165, 95], [160, 62, 28]],
    np.float32,
)

_IRIS = np.array(
    [[70, 45, 25], [105, 75, 35], [85, 110, 60], [70, 125, 140], [70, 110, 175]], np.float32
)

_LIPS = np.array(
    [[165, 80, 70], [190, 70, 85], [150, 50, 60], [200, 100, 90], [125, 60, 75]], np.float32
)

_DYE = np.array([[180, 60, 150], [60, 90, 190], [50, 150, 110]], np.float32)


def skin_colour(who: Identity) -> Colour:
    """Skin without light."""
    base = _mixture(_SKIN, who.skin_tone)
    tint = np.array(
        [1 + 0.03 * who.skin_redness, 1 - 0.05 * who.skin_redness, 1 - 0.13 * who.skin_undertone],
        np.float32,
    )
    return base * tint


def hair_colour(who: Identity) -> Colour:
    """Hair, greyed or dyed."""
    colour = _mixture(_HAIR, who.hair_colour)
    if who.hair_grey > 0:
        colour = (
            colour * (1 - who.hair_grey) + np.array([190, 190, 192], np.float32) * who.hair_grey
        )
    if who.hair_dye > 0:
        colour = _mixture(_DYE, who.hair_dye)
    return colour


def iris_colour(who: Identity) -> Colour:
    """The iris between its rim and the pupil."""
    lightness = np.float32(0.6 + 0.7 * who.iris_lightness)
    return _mixture(_IRIS, who.iris_hue) * lightness


def lip_colour(who: Identity) -> Colour:
    """Lips, from nearly the skin's own colour to painted; dimmer on darker skin."""
    skin = skin_colour(who)
    painted = _mixture(_LIPS, who.lip_colour) * (0.55 + 0.45 * skin[0] / 250)
    mixed: Colour = skin * 0.75 * (1 - who.lip_saturation) + painted * who.lip_saturation
    return mixed


def _mixture(palette: Image, position: float) -> Colour:
    place = position * (len(palette) - 1)
    low = min(int(place), len(palette) - 2)
    share = np.float32(place - low)
    mixed: Colour = palette[low] * (1 - share) + palette[low + 1] * share
    return mixed
