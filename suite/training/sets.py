"""Render the embedded faces: ``python -m suite.training.sets``.

Writes the evaluation set as an InsightFace ``.bin`` with its identities beside it, the calibration
faces, and a contact sheet of what the faces look like. No person is in two splits.
"""

import argparse
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from suite.catalog.folds import FOLDS
from suite.training.people import Nuisance, Split, identity_of, nuisance_of
from suite.training.rendering import encode, render

EVALUATION_PEOPLE, EVALUATION_PICTURES = 100, 12
CALIBRATION_PEOPLE = 100
PAIRS_A_FOLD = 300
STRENGTH = 1.0


def picture(split: Split, person: int, number: int, strength: float = STRENGTH) -> bytes:
    """The JPEG of one rendered picture."""
    how = nuisance_of(split, person, number, strength)
    return encode(render(identity_of(split, person), how), how.jpeg_quality)


def evaluation_pairs() -> list[tuple[tuple[int, int], tuple[int, int], bool]]:
    """Ten folds of 300 genuine and 300 impostor pairs; each image as (person, picture).

    As in LFW's view 2, no person is in two folds.
    """
    rng = np.random.default_rng(20261124)
    people = EVALUATION_PEOPLE // FOLDS
    each = PAIRS_A_FOLD // people
    first, second = np.triu_indices(EVALUATION_PICTURES, 1)
    pairs = []
    for fold in range(FOLDS):
        members = range(fold * people, (fold + 1) * people)
        for person in members:
            for chosen in np.sort(rng.choice(len(first), each, replace=False)):
                pairs.append(((person, int(first[chosen])), (person, int(second[chosen])), True))
        impostors: dict[tuple[tuple[int, int], tuple[int, int]], None] = {}
        while len(impostors) < PAIRS_A_FOLD:
            one, other = np.sort(rng.choice(people, 2, replace=False)) + members.start
            left, right = rng.integers(EVALUATION_PICTURES, size=2)
            impostors[(int(one), int(left)), (int(other), int(right))] = None
        pairs.extend((one, other, False) for one, other in impostors)
    return pairs


def write_evaluation(folder: Path) -> None:
    """Write ``evaluation.bin`` and ``evaluation.identities.txt``, a line for each of its images."""
    pictures = {
        (person, number): picture("evaluation", person, number)
        for person in range(EVALUATION_PEOPLE)
        for number in range(EVALUATION_PICTURES)
    }
    pairs = evaluation_pairs()
    images = [image for one, other, _ in pairs for image in (one, other)]
    # A repeated image is the same object, so the pickle holds its bytes once.
    content = ([pictures[image] for image in images], [genuine for *_, genuine in pairs])
    (folder / "evaluation.bin").write_bytes(pickle.dumps(content, protocol=4))
    (folder / "evaluation.identities.txt").write_text(
        "".join(f"p{person:03d}\n" for person, _ in images), encoding="ascii"
    )


def write_calibration(folder: Path) -> None:
    """Write one JPEG of each calibration person."""
    folder.mkdir(parents=True, exist_ok=True)
    for person in range(CALIBRATION_PEOPLE):
        (folder / f"c{person:03d}.jpg").write_bytes(picture("calibration", person, 0))


def write_contact_sheet(file: Path, people: int = 8, pictures: int = 7) -> None:
    """Write a picture with a person a row; the first column is without nuisance."""
    rows = []
    for person in range(people):
        who = identity_of("evaluation", person)
        taken = [
            render(who, nuisance_of("evaluation", person, number, STRENGTH))
            for number in range(pictures)
        ]
        rows.append(np.hstack([render(who, Nuisance()), *taken]))
    sheet = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(file), sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write everything; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m suite.training.sets", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("fixtures/embedded"))
    parser.add_argument("--sheet", type=Path, default=Path("docs/faces.jpg"))
    chosen = parser.parse_args(arguments)
    chosen.out.mkdir(parents=True, exist_ok=True)
    write_evaluation(chosen.out)
    write_calibration(chosen.out / "calibration")
    write_contact_sheet(chosen.sheet)
    return 0


if __name__ == "__main__":
    sys.exit(main())
