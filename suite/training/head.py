"""The head and what frames it: skin, ears, hair, beard, wrinkles, freckles, moles."""

import cv2
import numpy as np

from suite.training.canvas import (
    CANVAS_PX,
    FIELD_PX,
    PX_PER_UNIT,
    Canvas,
    Colour,
    Image,
    Points,
    ring,
)
from suite.training.people import Identity, Nuisance


def behind(canvas: Canvas, who: Identity, how: Nuisance, skin: Colour, hair: Colour) -> None:
    """Long hair, neck, clothing and ears: what the head is drawn over."""
    clothing = np.asarray(how.clothing, np.float32)
    if who.hair_style in ("long", "curly"):
        wide = who.temple_width + 0.12 + who.hair_volume
        low = 0.35 + who.hair_length * (0.9 if who.hair_style == "long" else 0.35)
        top = who.crown_y - 0.4 * who.hair_volume
        canvas.curve(
            [(0, top), (0.8 * wide, -0.95), (wide, -0.2), (wide, 0.5 * low), (0.8 * wide, low),
             (0, low), (-0.8 * wide, low), (-wide, 0.5 * low), (-wide, -0.2), (-0.8 * wide, -0.95)],
            hair * 0.8,
        )  # fmt: skip
    canvas.curve(
        [(-0.5, 0.8), (0.5, 0.8), (0.52, 1.5), (0.7, 1.75), (-0.7, 1.75), (-0.52, 1.5)], skin * 0.78
    )
    canvas.curve(
        [(-0.55, 1.42), (0, 1.56), (0.55, 1.42), (1.5, 1.62), (1.5, 2), (-1.5, 2), (-1.5, 1.62)],
        clothing,
    )
    x, size = who.temple_width - 0.03, who.ear_size
    canvas.mirrored(
        [(x - 0.05, -0.28), (x + who.ear_out + 0.06, -0.30), (x + who.ear_out + 0.08, -0.3 + size),
         (x + 0.3 * who.ear_out, -0.22 + 1.9 * size), (x - 0.1, -0.2 + 1.6 * size)],
        skin * 0.9,
    )  # fmt: skip
    canvas.mirrored(
        ring(x + 0.6 * who.ear_out, -0.26 + size, 0.035, 0.55 * size), skin * 0.7, opacity=0.7
    )


def head_outline(who: Identity) -> Points:
    """The outline of skull and jaw."""
    half = [
        (0.52 * who.forehead_width, who.crown_y + 0.12),
        (0.93 * who.forehead_width, who.crown_y + 0.52),
        (who.temple_width, -0.32),
        (who.cheek_width, 0.22),
        (who.jaw_width, 0.78 * who.chin_y - 0.10),
        (who.chin_width, who.chin_y - 0.10),
    ]
    lean = who.asymmetry
    right = [(x + lean * max(0.0, y), y) for x, y in half]
    left = [(-x + lean * max(0.0, y), y) for x, y in reversed(half)]
    return [(0.0, who.crown_y), *right, (lean, who.chin_y), *left]


def skin_field(who: Identity, rng: np.random.Generator) -> Image:
    """Gains that give the skin relief, blush, stubble and grain, [64, 64, 3]."""
    y, x = np.mgrid[0:FIELD_PX, 0:FIELD_PX].astype(np.float32)
    x, y = ((v + 0.5) * CANVAS_PX / FIELD_PX / PX_PER_UNIT - 1.6 for v in (x, y))
    gain = np.ones((FIELD_PX, FIELD_PX, 3), np.float32)

    def blob(
        cx: float, cy: float, rx: float, ry: float, amount: tuple[float, float, float]
    ) -> None:
        bell = np.exp(-(((x - cx) / np.float32(rx)) ** 2 + ((y - cy) / np.float32(ry)) ** 2))
        gain[...] += bell[..., None] * np.asarray(amount, np.float32)

    for side in (-1, 1):
        rosy = 0.02 + 0.11 * who.blush
        blob(side * 0.55, 0.32, 0.36, 0.28, (0.02, -rosy, -rosy))
        depth = -1.5 * who.eye_depth
        blob(side * who.eye_x, who.eye_y - 0.02, 0.3, 0.17, (depth, depth, depth * 0.9))
        blob(side * who.cheek_width, 0.6, 0.3, 0.5, (-0.16, -0.17, -0.17))
        blob(side * who.nose_width * 1.1, who.nose_y - 0.02, 0.09, 0.14, (-0.13, -0.14, -0.14))
    blob(0, who.nose_y - 0.25, who.nose_bridge, 0.3, (0.10, 0.10, 0.10))
    blob(0, who.nose_y - 0.02, who.nose_tip, 0.08, (0.12, 0.11, 0.11))
    blob(0, -0.75, 0.5, 0.25, (0.06, 0.06, 0.05))
    blob(0, who.mouth_y + 0.19, 0.2, 0.07, (-0.12, -0.12, -0.12))
    blob(0, who.chin_y - 0.18, 0.22, 0.14, (0.05, 0.05, 0.05))
    if who.stubble > 0:
        shadow = -0.30 * who.stubble
        blob(0, who.chin_y - 0.1, 0.75, 0.35, (shadow, shadow * 0.95, shadow * 0.85))
        blob(0, who.mouth_y - 0.15, 0.35, 0.1, (shadow * 0.7, shadow * 0.66, shadow * 0.6))
    colour_noise = rng.normal(0, 0.028, (6, 6, 3)).astype(np.float32)
    grain = rng.normal(0, 0.03, (14, 14, 1)).astype(np.float32)
    size = (FIELD_PX, FIELD_PX)
    gain += cv2.resize(colour_noise, size, interpolation=cv2.INTER_LINEAR)
    gain += cv2.resize(grain, size, interpolation=cv2.INTER_LINEAR)[..., None]
    return gain


def beard(canvas: Canvas, who: Identity, hair: Colour) -> None:
    """Moustache and chin beard."""
    if who.moustache <= 0:
        return
    mouth, wide = who.mouth_y, who.mouth_width
    top, thick = mouth - 0.07 - who.lip_upper, 0.05 + 0.07 * who.moustache
    canvas.curve(
        [(0, top - 0.5 * thick), (0.6 * wide, top - 0.7 * thick), (1.1 * wide, mouth),
         (0.6 * wide, top + 0.03), (0, top + 0.02), (-0.6 * wide, top + 0.03), (-1.1 * wide, mouth),
         (-0.6 * wide, top - 0.7 * thick)],
        hair * 0.9, opacity=0.85,
    )  # fmt: skip
    if who.moustache > 0.5:
        low = who.chin_y
        canvas.curve(
            [(-0.28, mouth + 0.2), (0.28, mouth + 0.2), (0.33, low - 0.08), (0, low + 0.03),
             (-0.33, low - 0.08)],
            hair * 0.9, opacity=0.8,
        )  # fmt: skip


def wrinkles(canvas: Canvas, who: Identity, how: Nuisance, skin: Colour) -> None:
    """Folds beside the mouth, below the eyes and on the forehead."""
    if who.wrinkles <= 0:
        return
    dark, depth = skin * 0.62, 0.65 * who.wrinkles
    x, top, low = who.nose_width * 1.2, who.nose_y, who.mouth_y
    bulge = 0.06 * max(0.0, how.smile)
    canvas.mirrored(
        [(x, top), (x + 0.12 + bulge, top + 0.2), (who.mouth_width + 0.1 + bulge, low),
         (x + 0.10 + bulge, top + 0.22)],
        dark, opacity=depth,
    )  # fmt: skip
    canvas.mirrored(
        [(who.eye_x - 0.16, who.eye_y + 0.13), (who.eye_x, who.eye_y + 0.19),
         (who.eye_x + 0.16, who.eye_y + 0.13), (who.eye_x, who.eye_y + 0.165)],
        dark, opacity=depth,
    )  # fmt: skip
    for line in range(int(1 + 2.5 * who.wrinkles)):
        y = -0.62 - 0.1 * line
        canvas.curve(
            [(-0.42, y), (0, y - 0.035), (0.42, y), (0, y - 0.015)], dark, opacity=0.6 * depth
        )


def marks(canvas: Canvas, who: Identity, skin: Colour, rng: np.random.Generator) -> None:
    """Freckles and moles."""
    if who.freckles > 0:
        for _ in range(int(34 * who.freckles)):
            x, y = rng.normal(0, 0.42), rng.normal(0.22, 0.16)
            r = float(rng.uniform(0.008, 0.017))
            canvas.ellipse(
                float(x),
                float(y),
                r,
                r,
                skin * np.array([0.72, 0.6, 0.52], np.float32),
                opacity=0.75,
            )
    for x, y, size in who.moles:
        canvas.ellipse(x, y, 0.026 * size, 0.026 * size, skin * 0.32)


def hair_front(canvas: Canvas, who: Identity, hair: Colour, rng: np.random.Generator) -> None:
    """The hair over the forehead, by its style."""
    style = who.hair_style
    if style == "bald":
        return
    top, wide = who.crown_y - who.hair_volume, who.temple_width + 0.3 * who.hair_volume
    line, side = who.hair_line, {"long": 0.5, "curly": 0.05, "fringe": -0.05}.get(style, -0.4)
    if style == "receding":
        line -= 0.28
    crown = [
        (0.0, top),
        (0.55 * wide, top + 0.1),
        (0.95 * wide, who.crown_y + 0.45),
        (1.03 * wide, -0.4),
        (1.0 * wide, side),
    ]
    inner = [
        (0.88 * who.temple_width, side),
        (0.84 * who.temple_width, -0.45),
        (0.70 * who.forehead_width, line + 0.12),
    ]
    left = [(-x, y) for x, y in reversed(inner)]
    right = [(-x, y) for x, y in reversed(crown[1:])]
    canvas.curve([*crown, *inner, *_hair_line(who, line), *left, *right], hair)
    _streaks(canvas, hair, top, line, rng)
    if style == "curly":
        for angle in np.linspace(-2.9, -0.24, 13):
            x, y = float(np.cos(angle)), float(np.sin(angle))
            r = 0.13 + 0.5 * who.hair_volume
            canvas.ellipse(
                wide * x, -0.3 + (0.9 - top - 1.2) * y, r, r, hair * float(rng.uniform(0.85, 1.12))
            )


def _hair_line(who: Identity, line: float) -> Points:
    """The hair's edge over the forehead, from the right."""
    part = who.hair_part
    if who.hair_style == "parted":
        return [(part + 0.15, line - 0.05), (part, line - 0.22), (part - 0.15, line - 0.03)]
    if who.hair_style == "fringe":
        return [(0.4, line + 0.33), (0.1, line + 0.36), (-0.2, line + 0.35), (-0.45, line + 0.33)]
    if who.hair_style == "receding":
        return [(0.3, line - 0.1), (0.0, line + 0.17), (-0.3, line - 0.1)]
    return [(0.3, line - 0.02), (0.0, line - 0.04), (-0.3, line - 0.02)]


def _streaks(
    canvas: Canvas, hair: Colour, top: float, line: float, rng: np.random.Generator
) -> None:
    for _ in range(5):
        x = float(rng.uniform(-0.75, 0.75))
        y = top + 0.12 + 0.25 * x * x
        bend = float(rng.normal(0, 0.12))
        end = min(line - 0.02, y + 0.4)
        streak = hair * float(rng.uniform(0.6, 1.5)) + 8
        canvas.curve(
            [
                (x, y),
                (x + bend, (y + end) / 2),
                (1.15 * x + bend, end),
                (x + bend + 0.035, (y + end) / 2),
            ],
            streak,
            opacity=0.5,
        )
