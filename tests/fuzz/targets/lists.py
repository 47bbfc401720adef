"""Lists of pairs, identities and landmarks."""

import csv
import io
from pathlib import Path

import numpy as np

from suite.datasets.alignment.landmarks import read_landmarks
from suite.datasets.kinds.bin import read_identities
from suite.datasets.kinds.csv import read_pairs_csv
from suite.datasets.kinds.lfw import read_lfw_pairs
from suite.datasets.line_pair import LinePairs
from tests.fuzz.mutators import TEXT
from tests.fuzz.target import Mutant, Target, Verdict

_NAMES = ("ann", "Bob Lee", "José", "dún", "eve", "li", "zoë", "x_1")


def _csv() -> list[bytes]:
    rows = [
        (f"{left}/1.jpg", f"{right}/{number}.jpg", int(left == right), number % 2 + 1)
        for number in range(2, 5)
        for left in _NAMES[:4]
        for right in (left, _NAMES[5])
    ]
    plain = ["left,right,same,fold", *(",".join(map(str, row)) for row in rows)]
    tabs = ["\t".join(line.split(",")[:3]) for line in plain[1:]]
    people = io.StringIO()
    writer = csv.writer(people, quoting=csv.QUOTE_ALL)
    writer.writerow(("same", "left", "right", "left_person", "right_person"))
    for left, right, same, _ in rows:
        writer.writerow((same, left, right, left.split("/")[0], right.split("/")[0]))
    bom = ("\ufeff" + "\r\n".join(plain)).encode()
    utf_16 = "\n".join(plain).encode("utf-16")
    return [
        "\n".join(plain).encode(),
        "\n".join(tabs).encode(),
        bom,
        utf_16,
        people.getvalue().encode(),
    ]


def _read_csv(path: Path) -> object:
    return read_pairs_csv(path, 2 if b"fold" in path.read_bytes()[:60] else None)


def _as_fields(result: object, mutant: Mutant) -> Verdict:
    """A file of a plain form has the pairs that a look at its fields finds."""
    assert isinstance(result, LinePairs)
    if result == mutant.wanted:
        return Verdict.SAME
    for pair in result.pairs:
        for name in (pair.left, pair.right):
            if name.startswith("/") or ".." in name.split("/"):
                raise AssertionError(f"{name!r} leaves the folder")
    try:
        lines = mutant.data.decode().replace("\ufeff", "").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        return Verdict.OTHER
    if lines[0] == "left,right,same,fold" and not set('"\r\\') & set("".join(lines)):
        rows = sorted(
            (line.split(",") for line in lines[1:] if line.replace(",", "").strip()), key=_fold
        )
        found = [(row[2].strip().lower() in ("1", "true", "genuine"), _fold(row)) for row in rows]
        if found != [(pair.genuine, pair.fold) for pair in result.pairs]:
            raise AssertionError("other labels or folds than the file has")
    return Verdict.OTHER


def _fold(row: list[str]) -> int:
    return int(row[3].strip())


def _lfw() -> list[bytes]:
    lines = ["2\t3"]
    for fold in range(2):
        lines += [f"{name}\t{fold + 1}\t{fold + 2}" for name in _NAMES[:3]]
        lines += [f"{name}\t1\t{_NAMES[4 + fold]}\t2" for name in _NAMES[:3]]
    own = ["2 2 1", "a 1 2", "b 1 2", "a 1 b 1", "a 2 b 2", "c 1 2", "", "c 1 a 1"]
    return ["\n".join(lines).encode(), "\r\n".join(own).encode()]


def _as_numbers(result: object, mutant: Mutant) -> Verdict:
    assert isinstance(result, LinePairs)
    if result == mutant.wanted:
        return Verdict.SAME
    if not result.folds == len(result.fold_sizes) or sum(result.fold_sizes) != len(result.pairs):
        raise AssertionError("folds that are not the pairs'")
    lines = mutant.data.decode("utf-8", "replace").splitlines()
    if len([line for line in lines if line.strip()]) != len(result.pairs) + 1:
        raise AssertionError("not a pair for each line")
    return Verdict.OTHER


def _landmarks() -> list[bytes]:
    rng = np.random.default_rng(24)
    face = np.array([[38, 52], [74, 52], [56, 72], [42, 92], [71, 92]])
    lines = ["image,lx,ly,rx,ry,nx,ny,ml,my,mr,mry"]
    for name in _NAMES:
        points = (face + rng.uniform(-3, 3, (5, 2))).round(2).ravel().tolist()
        lines.append(",".join([f"{name}/1.jpg", *map(str, points)]))
    return ["\n".join(lines).encode(), "\n".join(lines[1:]).encode()]


def _read_landmarks(path: Path) -> object:
    return {name: found.points.tolist() for name, found in read_landmarks(path).items()}


def _finite(result: object, mutant: Mutant) -> Verdict:
    assert isinstance(result, dict)
    if not all(np.isfinite(points).all() for points in result.values()):
        raise AssertionError("points that are no numbers")
    return Verdict.SAME if result == mutant.wanted else Verdict.OTHER


def _identities() -> list[bytes]:
    return ["\n".join([*_NAMES, *_NAMES[:4]]).encode()]


def _read_identities(path: Path) -> object:
    return read_identities(path, Path("faces.bin"), 12)


TARGETS = (
    Target("csv", "pairs.csv", _csv, _read_csv, _as_fields, mutators=TEXT),
    Target("lfw-pairs", "pairs.txt", _lfw, read_lfw_pairs, _as_numbers, mutators=TEXT),
    Target("landmarks", "points.csv", _landmarks, _read_landmarks, _finite, mutators=TEXT),
    Target("identities", "people.txt", _identities, _read_identities, mutators=TEXT),
)
