"""Pictures of the faces that a measurement names."""

import base64

import cv2
import numpy as np
from records import measured

from suite.catalog.gate import Gate
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet
from suite.gates.pictures import FLIPS, pictured
from suite.judging.measured import Measured


def face(name: str, height: int, width: int) -> Face:
    _, data = cv2.imencode(".png", np.full((height, width, 3), len(name) * 9, np.uint8))
    return Face.held(name, data.tobytes())


def faces(*found: Face) -> FaceSet:
    none = np.empty(0, np.int64)
    return FaceSet("d", found, none, none, none.astype(bool), 0, None, "0" * 64)


def flip(left: str, right: str) -> dict:
    return {
        **{"pair": 0, "left": left, "right": right, "genuine": True, "fp32_distance": 1.0},
        **{"distance": 1.1, "own": True, "kept": True},
    }


def decoded(found: Measured, name: str) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(found.pictures[name]), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def test_the_faces_that_are_named_and_no_others_are_small_pictures() -> None:
    point = {
        **{"pairs": "listed", "far_target": 1e-3, "threshold": 1.0, "impostors": 9, "genuine": 9},
        **{"false_accepts": 0, "false_rejects": 0},
        "set_by": [{"left": "c", "right": "dd", "distance": 1.0, "accepted": False}],
    }
    close = {"images": 1, "quantile": [], "cosine": [], "worst": [{"image": "eee", "cosine": 0.9}]}
    found = measured(
        Gate.VERIFICATION,
        "d",
        flips=[flip("a", "bb"), flip("a", "of another set")],
        thresholds=[point],
        closeness=close,
    )
    sizes = {"a": (250, 250), "bb": (112, 96), "c": (10, 20), "dd": (1, 300), "eee": (72, 72)}
    of_set = faces(*(face(name, *size) for name, size in sizes.items()), face("f", 9, 9))
    shown = pictured(found, of_set)
    assert list(shown.pictures) == ["a", "bb", "c", "dd", "eee"]
    assert {name: decoded(shown, name).shape[:2] for name in sizes} == {
        **{"a": (72, 72), "bb": (72, 62), "c": (10, 20), "dd": (1, 72), "eee": (72, 72)},
    }
    assert abs(int(decoded(shown, "eee").mean()) - 27) <= 2
    assert shown == pictured(found, of_set)


def test_of_many_flipped_pairs_those_that_moved_farthest_are_shown() -> None:
    found = measured(Gate.VERIFICATION, "d", flips=[flip(f"{n}", f"{n}") for n in range(50)])
    shown = pictured(found, faces(*(face(f"{n}", 8, 8) for n in range(50))))
    assert list(shown.pictures) == [f"{n}" for n in range(FLIPS)]
