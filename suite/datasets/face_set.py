"""Distinct faces and the pairs made of them, known by their content."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from suite.catalog.errors import DatasetError
from suite.catalog.folds import equal_folds
from suite.datasets.acquisition import Acquisition
from suite.datasets.face import Face
from suite.datasets.pair_checks import odd_pairs


@dataclass(frozen=True, eq=False)
class FaceSet:
    """Faces, each once however often it is used, and pairs of them.

    Attributes
    ----------
    id : the dataset's id
    faces : the images, distinct by content, in the order in which they first appear
    left, right : int64 [n], each pair's two faces as indices into ``faces``
    genuine : bool [n], whether a pair shows one person
    folds : contiguous folds that the pairs make; 0 where there are no pairs
    people : int64 [faces], who each face shows, numbered as they first appear; None where unknown
    sha256 : hash of the faces' contents, the pairs, the folds and who is who, whatever the names
    remarks : what a report says of how it was made, as how many images were left out
    fold_sizes : how many pairs each fold has; empty where they are of equal length (the first
        ``pairs % folds`` one longer)
    acquisition : in how many images no face was found; None where none is looked for
    """

    id: str
    faces: tuple[Face, ...]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    genuine: npt.NDArray[np.bool_]
    folds: int
    people: npt.NDArray[np.int64] | None
    sha256: str
    remarks: tuple[str, ...] = ()
    fold_sizes: tuple[int, ...] = ()
    acquisition: Acquisition | None = None

    @property
    def person_count(self) -> int | None:
        """How many people the faces show; None where nobody says who is who."""
        return None if self.people is None else len(np.unique(self.people))


@dataclass(frozen=True, eq=False)
class PairList:
    """Pairs of images, before those of one content become one face.

    Attributes
    ----------
    left, right : int [n], each pair's two images as indices
    genuine : bool [n], whether a pair shows one person
    folds : contiguous folds that the pairs make
    fold_sizes : how many pairs each fold has; empty where they are of equal length
    """

    left: Sequence[int] | npt.NDArray[np.int64] = ()
    right: Sequence[int] | npt.NDArray[np.int64] = ()
    genuine: Sequence[bool] | npt.NDArray[np.bool_] = ()
    folds: int = 0
    fold_sizes: tuple[int, ...] = ()


NO_PAIRS = PairList()


def face_set(
    dataset_id: str,
    faces: Sequence[Face],
    pairs: PairList = NO_PAIRS,
    people: Sequence[str] | None = None,
    remarks: Sequence[str] = (),
    acquisition: Acquisition | None = None,
) -> FaceSet:
    """Make a set of faces that may repeat, and pairs of them.

    Parameters
    ----------
    dataset_id : the set's id
    faces : the images; those of one content become one face
    pairs : their images are indices into ``faces`` as given
    people : who each image as given shows, where that is known
    remarks : what a report says of how the set was made; odd pairs are added to it
    acquisition : in how many images no face was found

    Raises
    ------
    DatasetError
        where one image is said to show two people, or a pair's label contradicts who is who.
    """
    first: dict[str, Face] = {}
    for face in faces:
        first.setdefault(face.sha256, face)
    distinct, places = tuple(first.values()), {sha: place for place, sha in enumerate(first)}
    place_of = np.array([places[face.sha256] for face in faces], dtype=np.int64)
    left = place_of[np.asarray(pairs.left, dtype=np.int64)]
    right = place_of[np.asarray(pairs.right, dtype=np.int64)]
    genuine = np.array(pairs.genuine, dtype=np.bool_)
    who = None if people is None else _people(faces, place_of, people)
    if who is not None:
        _refuse_contradiction(dataset_id, left, right, genuine, who)
    for array in (left, right, genuine):
        array.setflags(write=False)
    sizes = pairs.fold_sizes
    if sizes == equal_folds(len(genuine), pairs.folds):
        sizes = ()
    return FaceSet(
        id=dataset_id,
        faces=distinct,
        left=left,
        right=right,
        genuine=genuine,
        folds=pairs.folds,
        people=who,
        sha256=_content_hash(distinct, left, right, genuine, sizes or pairs.folds, who),
        remarks=(*remarks, *odd_pairs(left, right, genuine)),
        fold_sizes=sizes,
        acquisition=acquisition,
    )


def _people(
    faces: Sequence[Face], place_of: npt.NDArray[np.int64], people: Sequence[str]
) -> npt.NDArray[np.int64]:
    numbers: dict[str, int] = {}
    shown: dict[int, tuple[int, str]] = {}
    for index, (place, person) in enumerate(zip(place_of.tolist(), people, strict=True)):
        numbers.setdefault(person, len(numbers))
        first, before = shown.setdefault(place, (index, person))
        if before != person:
            raise DatasetError(
                f"{faces[index].name} is said to show {person!r}, and {faces[first].name}, the "
                f"same image, {before!r}; correct one of them."
            )
    who = np.array([numbers[shown[place][1]] for place in range(len(shown))], dtype=np.int64)
    who.setflags(write=False)
    return who


def _refuse_contradiction(
    dataset_id: str,
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    genuine: npt.NDArray[np.bool_],
    people: npt.NDArray[np.int64],
) -> None:
    wrong = np.flatnonzero((people[left] == people[right]) != genuine)
    if len(wrong):
        pair = int(wrong[0])
        said, shown = ("genuine", "two people") if genuine[pair] else ("impostor", "one person")
        raise DatasetError(
            f"{len(wrong):,} of the {len(genuine):,} pairs of {dataset_id!r} contradict its "
            f"identities, the first pair {pair}: labelled {said}, and its images show {shown}; "
            "give the identities of these very images, in their order."
        )


def _content_hash(
    faces: Sequence[Face],
    left: npt.NDArray[np.int64],
    right: npt.NDArray[np.int64],
    genuine: npt.NDArray[np.bool_],
    folds: int | tuple[int, ...],
    people: npt.NDArray[np.int64] | None,
) -> str:
    digest = hashlib.sha256(f"faces {len(faces)} pairs {len(genuine)} folds {folds}\n".encode())
    digest.update("".join(face.sha256 for face in faces).encode())
    for array in (left, right):
        digest.update(array.astype("<i8").tobytes())
    digest.update(genuine.astype("u1").tobytes())
    if people is not None:
        digest.update(people.astype("<i8").tobytes())
    return digest.hexdigest()


def shared_faces(calibration: FaceSet, evaluation: FaceSet) -> tuple[tuple[Face, Face], ...]:
    """The images in both sets, however cut: each as calibration and as evaluation has it."""
    evaluated = {face.image_sha256 or face.sha256: face for face in evaluation.faces}
    images = ((face.image_sha256 or face.sha256, face) for face in calibration.faces)
    return tuple((face, evaluated[image]) for image, face in images if image in evaluated)


def refuse_shared_faces(
    calibration: FaceSet, evaluation: FaceSet, as_: str = "calibration"
) -> None:
    """Refuse to evaluate on images that calibration has seen; or another kind of set, ``as_``.

    Raises
    ------
    DatasetError
        naming the first image that both sets have, by its name in each, and how many there are.
    """
    shared = shared_faces(calibration, evaluation)
    if shared:
        mine, theirs = shared[0]
        raise DatasetError(
            f"{len(shared)} of the {len(calibration.faces)} images of {as_} set "
            f"{calibration.id!r} are also in {evaluation.id!r}, the first as {mine.name} and "
            f"{theirs.name}; take other images for {as_}."
        )
