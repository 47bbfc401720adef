"""Faces of people whom no set of a model shows, by which harm is decided."""

import pickle
from contextlib import nullcontext
from pathlib import Path

from suite.catalog.catalog import Catalog, Roots
from suite.catalog.folder import read_catalog
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, face_set
from suite.gates.progress import Progress
from suite.gates.workbench import Workbench
from suite.runtime.profile import own_profile
from suite.training.sets import picture
from tests.mutations.clean import Subject

REPOSITORY = Path(__file__).parents[2]
REAL = REPOSITORY.parent / "shared" / "real"
ORL = REPOSITORY / "docs" / "examples" / "orl"
LFW = REPOSITORY / "docs" / "examples" / "lfw-slice"
# Of the split on which no network was trained and nothing is accepted.
_PEOPLE, _PICTURES = 40, 10
FAMILIES = ("facenet", "arcface", "insightface", "adaface")


def rendered(cache: Path, people: int = _PEOPLE, pictures: int = _PICTURES) -> FaceSet:
    """Rendered faces of people who are in no committed set; kept in a file once they are made."""
    kept = cache / f"independent-{people}x{pictures}.pickle"
    if not kept.exists():
        made = [
            (who, picture("validation", who, number))
            for who in range(people)
            for number in range(pictures)
        ]
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(pickle.dumps(made))
    made = pickle.loads(kept.read_bytes())
    faces = [Face.held(f"independent {at}", data) for at, (_, data) in enumerate(made)]
    return face_set("independent", faces, people=[str(who) for who, _ in made])


def embedded(family: str, mode: str, cache: Path) -> Subject:
    """An embedded family in a mode."""
    return Subject(read_catalog(), f"{family}-embedded", mode, rendered(cache))


def mobilefacenet(mode: str, cache: Path) -> Subject | None:
    """The real MobileFaceNet on ORL, with faces of LFW; None where they are not there."""
    if not (REAL / "mobilefacenet").exists() or not (REAL / "lfw").exists():
        return None
    catalog = read_catalog(ORL, Roots(REAL))
    return Subject(catalog, "mobilefacenet", mode, _of_lfw(cache))


def _of_lfw(cache: Path) -> FaceSet:
    catalog: Catalog = read_catalog(LFW, Roots(REAL))
    provider = catalog.providers["cpu"]
    progress = Progress(nullcontext)
    bench = Workbench(catalog, provider, 1, own_profile(provider), cache, progress)
    return bench.dataset("lfw-600-arcface")
