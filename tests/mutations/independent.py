"""Faces of people whom no set of a model shows, by which harm is decided."""

import pickle
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from suite.catalog.catalog import Roots
from suite.catalog.folder import read_catalog
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, face_set
from suite.training.sets import picture
from tests.mutations.clean import Subject

REPOSITORY = Path(__file__).parents[2]
REAL = REPOSITORY.parent / "shared" / "real"
ORL = REPOSITORY / "docs" / "examples" / "orl"
FAMILIES = ("facenet", "arcface", "insightface", "adaface")
# Of the split on which no network was trained and nothing is accepted.
_PEOPLE, _PICTURES = 40, 10
# Of LFW's funneled 250 x 250 the part that ArcFace's template has, by where most eyes lie.
_TOP, _LEFT, _SIDE = 50, 57, 137
_SIZE = 112
_OF_LFW, _PICTURES_OF_LFW = 60, 6


def rendered(cache: Path, people: int = _PEOPLE, pictures: int = _PICTURES) -> FaceSet:
    """Rendered faces of people who are in no committed set."""

    def made() -> Iterable[tuple[str, bytes]]:
        for who in range(people):
            for number in range(pictures):
                yield str(who), picture("validation", who, number)

    return _kept(cache / f"independent-{people}x{pictures}.pickle", made)


def embedded(family: str, mode: str, cache: Path) -> Subject:
    """An embedded family in a mode."""
    return Subject(read_catalog(), f"{family}-embedded", mode, rendered(cache))


def mobilefacenet(mode: str, cache: Path) -> Subject | None:
    """The real MobileFaceNet on ORL, with faces of LFW; None where they are not there."""
    images = REAL / "lfw" / "lfw-view2.tar"
    if not (REAL / "mobilefacenet").exists() or not images.exists():
        return None
    faces = _kept(cache / "independent-lfw.pickle", lambda: _of_lfw(images))
    return Subject(read_catalog(ORL, Roots(REAL)), "mobilefacenet", mode, faces)


def _of_lfw(images: Path) -> Iterable[tuple[str, bytes]]:
    """Of the first people with as many pictures so many each, cut as most are to be cut."""
    with tarfile.open(images) as tar:
        of: dict[str, list[tarfile.TarInfo]] = {}
        for member in tar.getmembers():
            if member.isfile():
                of.setdefault(Path(member.name).parent.name, []).append(member)
        many = [who for who in sorted(of) if len(of[who]) >= _PICTURES_OF_LFW][:_OF_LFW]
        for who in many:
            for member in sorted(of[who], key=lambda each: each.name)[:_PICTURES_OF_LFW]:
                stream = tar.extractfile(member)
                assert stream is not None, "a file of the archive"
                yield who, _cut(stream.read())


def _cut(data: bytes) -> bytes:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    face = image[_TOP : _TOP + _SIDE, _LEFT : _LEFT + _SIDE]
    small = cv2.resize(face, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".png", small)[1])


def _kept(file: Path, make: Callable[[], Iterable[tuple[str, bytes]]]) -> FaceSet:
    """Faces by who they show, kept in a file once they are made."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(list(make())))
    made: list[tuple[str, bytes]] = pickle.loads(file.read_bytes())
    faces = [Face.held(f"independent {at}", data) for at, (_, data) in enumerate(made)]
    return face_set("independent", faces, people=[who for who, _ in made])
