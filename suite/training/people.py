"""Who is rendered and how a picture of them is taken: two records of numbers, drawn from seeds."""

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Literal

import numpy as np

Split = Literal["training", "validation", "calibration", "evaluation"]

# A split is part of every seed, so no identity of one can appear in another.
_SPLIT_SEED: dict[Split, int] = {"training": 1, "calibration": 2, "evaluation": 3, "validation": 4}
_IDENTITY_STREAM, _NUISANCE_STREAM = 11, 12
HAIR_STYLES = ("bald", "short", "parted", "fringe", "long", "curly", "receding")
OCCLUDERS = ("scarf", "hand", "cap")


def _spread(mean: float, sigma: float) -> Any:
    """A parameter drawn from a normal distribution, cut off at two standard deviations."""
    return field(default=mean, metadata={"sigma": sigma})


def _uniform(low: float, high: float) -> Any:
    """A parameter drawn evenly between two values."""
    return field(default=(low + high) / 2, metadata={"low": low, "high": high})


@dataclass(frozen=True)
class Identity:
    """What makes a person: lengths in face units (half a head's width is one), y downwards."""

    forehead_width: float = _spread(0.86, 0.055)
    temple_width: float = _spread(0.97, 0.05)
    cheek_width: float = _spread(0.93, 0.07)
    jaw_width: float = _spread(0.70, 0.095)
    chin_width: float = _spread(0.31, 0.075)
    chin_y: float = _spread(1.20, 0.10)
    crown_y: float = _spread(-1.34, 0.06)
    asymmetry: float = _spread(0.0, 0.02)

    skin_tone: float = _uniform(0.0, 1.0)
    skin_undertone: float = _spread(0.0, 0.5)
    skin_redness: float = _spread(0.0, 0.5)
    blush: float = _uniform(0.0, 1.0)
    wrinkles: float = _uniform(-0.4, 1.0)
    freckles: float = _uniform(-1.4, 1.0)
    stubble: float = _uniform(-1.4, 1.0)
    moustache: float = _uniform(-3.5, 1.0)

    eye_x: float = _spread(0.42, 0.032)
    eye_y: float = _spread(-0.20, 0.045)
    eye_width: float = _spread(0.185, 0.024)
    eye_height: float = _spread(0.088, 0.02)
    eye_slant: float = _spread(0.0, 0.028)
    eye_depth: float = _spread(0.10, 0.06)
    lid: float = _uniform(0.0, 0.5)
    iris_radius: float = _spread(0.078, 0.008)
    iris_hue: float = _uniform(0.0, 1.0)
    iris_lightness: float = _uniform(0.0, 1.0)

    brow_gap: float = _spread(0.225, 0.045)
    brow_length: float = _spread(0.27, 0.03)
    brow_thickness: float = _spread(0.046, 0.017)
    brow_arch: float = _spread(0.05, 0.03)
    brow_slant: float = _spread(0.0, 0.045)

    nose_y: float = _spread(0.31, 0.055)
    nose_width: float = _spread(0.165, 0.032)
    nose_bridge: float = _spread(0.07, 0.018)
    nose_tip: float = _spread(0.085, 0.02)
    nostril: float = _spread(0.03, 0.008)

    mouth_y: float = _spread(0.70, 0.05)
    mouth_width: float = _spread(0.305, 0.04)
    lip_upper: float = _spread(0.048, 0.016)
    lip_lower: float = _spread(0.07, 0.02)
    lip_bow: float = _spread(0.018, 0.012)
    lip_colour: float = _uniform(0.0, 1.0)
    lip_saturation: float = _uniform(0.0, 1.0)

    ear_size: float = _spread(0.22, 0.045)
    ear_out: float = _spread(0.07, 0.045)

    hair_line: float = _spread(-0.86, 0.10)
    hair_volume: float = _spread(0.15, 0.06)
    hair_part: float = _uniform(-0.6, 0.6)
    hair_length: float = _uniform(0.2, 1.2)
    hair_colour: float = _uniform(0.0, 1.0)
    hair_dye: float = _uniform(-8.0, 1.0)
    hair_grey: float = _uniform(-2.0, 1.0)

    hair_style: str = "short"
    moles: tuple[tuple[float, float, float], ...] = ()
    texture_seed: int = 0


@dataclass(frozen=True)
class Nuisance:
    """What changes between pictures of one person; angles in radians, shifts in pixels of 112."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    log_scale: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    light_azimuth: float = 0.3
    light_elevation: float = 0.4
    light_strength: float = 0.25
    smile: float = 0.0
    mouth_open: float = 0.0
    blink: float = 0.0
    gaze: float = 0.0
    brow_raise: float = 0.0
    glasses: float = 0.0
    glasses_colour: tuple[float, float, float] = (40.0, 30.0, 30.0)
    occluder: str = ""
    occluder_colour: tuple[float, float, float] = (90.0, 90.0, 140.0)
    background: tuple[tuple[float, float, float], tuple[float, float, float]] = (
        (130.0, 140.0, 150.0),
        (90.0, 95.0, 100.0),
    )
    background_angle: float = 1.2
    clothing: tuple[float, float, float] = (80.0, 90.0, 110.0)
    blur_px: float = 0.0
    noise: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    cast: tuple[float, float, float] = (0.0, 0.0, 0.0)
    jpeg_quality: int = 92
    noise_seed: int = 0


def identity_of(split: Split, person: int) -> Identity:
    """The person with this number in this split; the same on every call."""
    rng = np.random.default_rng([_IDENTITY_STREAM, _SPLIT_SEED[split], person])
    drawn: dict[str, Any] = {
        parameter.name: _draw(rng, parameter)
        for parameter in fields(Identity)
        if parameter.metadata
    }
    drawn["hair_style"] = HAIR_STYLES[int(rng.integers(len(HAIR_STYLES)))]
    drawn["moles"] = tuple(
        (float(rng.uniform(-0.75, 0.75)), float(rng.uniform(-0.7, 1.0)), float(rng.uniform(0.6, 1)))
        for _ in range(int(rng.integers(0, 5)))
    )
    drawn["texture_seed"] = int(rng.integers(2**31))
    return Identity(**drawn)


def nuisance_of(split: Split, person: int, picture: int, strength: float) -> Nuisance:
    """How this picture of this person is taken.

    ``strength`` scales every standard deviation: 0 is a passport photograph, 1 what the evaluation
    set has, more is harder.
    """
    rng = np.random.default_rng([_NUISANCE_STREAM, _SPLIT_SEED[split], person, picture])

    def normal(sigma: float, limit: float) -> float:
        return float(np.clip(strength * sigma * rng.standard_normal(), -limit, limit))

    def colour(low: float, high: float) -> tuple[float, float, float]:
        red, green, blue = rng.uniform(low, high, 3)
        return float(red), float(green), float(blue)

    return Nuisance(
        yaw=np.radians(normal(14, 38)),
        pitch=np.radians(normal(7, 18)),
        roll=np.radians(normal(4, 15)),
        log_scale=normal(0.035, 0.1),
        shift=(normal(2.8, 7), normal(2.8, 7)),
        light_azimuth=normal(1.0, 2.2),
        light_elevation=0.35 + normal(0.5, 1.2),
        light_strength=abs(0.18 + normal(0.32, 0.7)),
        smile=normal(0.55, 1.2),
        mouth_open=max(0.0, normal(0.5, 1.2) - 0.2),
        blink=abs(normal(0.22, 0.8)),
        gaze=normal(0.35, 0.8),
        brow_raise=normal(0.5, 1.2),
        glasses=float(rng.uniform(0.3, 1.0)) if rng.random() < 0.16 * strength else 0.0,
        glasses_colour=colour(15, 120),
        occluder=(
            OCCLUDERS[int(rng.integers(len(OCCLUDERS)))] if rng.random() < 0.07 * strength else ""
        ),
        occluder_colour=colour(30, 200),
        background=(colour(30, 210), colour(30, 210)),
        background_angle=float(rng.uniform(0, 2 * np.pi)),
        clothing=colour(20, 220),
        blur_px=abs(normal(0.55, 1.6)),
        noise=abs(normal(4.5, 14)),
        brightness=normal(0.16, 0.4),
        contrast=normal(0.14, 0.35),
        saturation=normal(0.15, 0.4),
        cast=(normal(0.05, 0.13), normal(0.05, 0.13), normal(0.05, 0.13)),
        jpeg_quality=int(max(35, 92 - abs(normal(16, 60)))),
        noise_seed=int(rng.integers(2**31)),
    )


def _draw(rng: np.random.Generator, parameter: "Field[Any]") -> float:
    if "sigma" in parameter.metadata:
        assert parameter.default is not MISSING
        return float(
            parameter.default + parameter.metadata["sigma"] * np.clip(rng.standard_normal(), -2, 2)
        )
    return float(rng.uniform(parameter.metadata["low"], parameter.metadata["high"]))
