"""How alike the mean faces of sets are that were aligned alike, and otherwise.

``python tests/experiments/mean_faces.py`` prints the likeness of every two sets, 100 images of
each: LFW's View 2 and 200 other people of LFW, cut in four ways by YuNet, ORL as aligned and raw,
and the rendered faces. It reads ``../shared/real``, which the repository does not hold.
"""

import itertools
import pickle
import tarfile
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from suite.datasets.alignment.detector import Detector
from suite.datasets.alignment.geometry import Image, crop, warp
from suite.datasets.face import Face
from suite.datasets.face_set import face_set
from suite.datasets.looks import Looks, likeness, looks_of

ROOT = Path(__file__).resolve().parents[2]
REAL, EMBEDDED = ROOT.parent / "shared" / "real", ROOT / "fixtures" / "embedded"
YUNET = REAL / "yunet" / "face_detection_yunet_2026may.onnx"


def decoded(images: Iterable[bytes]) -> list[Image]:
    return [np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), 1)) for data in images]


def packed(path: Path, images: int = 120) -> list[Image]:
    """Images spread over a tar file."""
    with tarfile.open(path) as archive:
        members = [member for member in archive.getmembers() if member.name.endswith(".jpg")]
        places = np.linspace(0, len(members) - 1, images).round().astype(int).tolist()
        opened = [archive.extractfile(members[place]) for place in places]
        return decoded(stream.read() for stream in opened if stream)


def cuts(images: list[Image]) -> dict[str, list[Image]]:
    """The images as they are, aligned, and with FaceNet's margin of 14 and 44."""
    detector = Detector(YUNET, YUNET, 0, 1.0, 0.6)
    found = [(image, face) for image in images if (face := detector.find(image, ""))]
    return {
        "raw": images,
        "aligned": [warp(image, face.points, 112) for image, face in found],
        "margin 14": [crop(image, face.box, 14, 160) for image, face in found],
        "margin 44": [crop(image, face.box, 44, 160) for image, face in found],
    }


def read(pattern: str) -> list[Image]:
    return decoded(path.read_bytes() for path in sorted(REAL.glob(pattern)))


def seen(name: str, images: list[Image]) -> Looks:
    coded = [cv2.imencode(".png", image)[1].tobytes() for image in images]
    found = looks_of(face_set(name, [Face.held(str(place), d) for place, d in enumerate(coded)]))
    assert found is not None
    return found


def main() -> None:
    view2 = cuts(packed(REAL / "lfw" / "lfw-view2.tar"))
    others = cuts(packed(REAL / "lfw" / "lfw-calibration.tar"))
    evaluation, _ = pickle.loads((EMBEDDED / "evaluation.bin").read_bytes())
    calibration = sorted((EMBEDDED / "calibration").iterdir())
    sets = {
        **{f"LFW {how}": images for how, images in view2.items()},
        **{f"LFW, others, {how}": images for how, images in others.items()},
        "ORL aligned": read("orl/aligned/*/*"),
        "ORL, others, aligned": read("orl/calibration/*/*"),
        "ORL raw": read("orl/raw/*/*.pgm"),
        "rendered": decoded(evaluation[::60]),
        "rendered, others": decoded(path.read_bytes() for path in calibration),
    }
    looks = [seen(name, images) for name, images in sets.items()]
    for one, other in itertools.combinations(looks, 2):
        print(f"{one.dataset:22} {other.dataset:22} {likeness(one, other):5.2f}")


if __name__ == "__main__":
    main()
