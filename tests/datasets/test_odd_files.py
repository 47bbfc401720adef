"""Pipes, devices, folders and enormous files in the places of a set's files."""

import os
import pickle
import signal
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from suite.catalog.alignment import LandmarkAlign
from suite.catalog.dataset_card import (
    BinDataset,
    CsvDataset,
    DatasetCard,
    FolderDataset,
    LfwDataset,
    PeopleDataset,
)
from suite.catalog.errors import SuiteError
from suite.datasets.loader import load_dataset

POINTS = "38,52,74,52,56,72,42,92,71,92"


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Who opens a pipe that nobody writes waits for ever."""

    def too_long(*_: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, 20)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for person in ("ann", "bob"):
        (tmp_path / "faces" / person).mkdir(parents=True)
        for number in (1, 2):
            image = np.random.default_rng(number + 10 * ord(person[0])).integers(
                0, 256, (112, 112, 3)
            )
            cv2.imwrite(str(tmp_path / "faces" / person / f"{person}_{number:04d}.png"), image)
    (tmp_path / "pairs.csv").write_text(
        "left,right,same\nann/ann_0001.png,ann/ann_0002.png,1\nann/ann_0001.png,bob/bob_0001.png,0\n"
    )
    (tmp_path / "pairs.txt").write_text("2 1\nann 1 2\nann 1 bob 1\nbob 1 2\nann 2 bob 2\n")
    images = [path.read_bytes() for path in sorted((tmp_path / "faces").rglob("*.png"))]
    (tmp_path / "faces.bin").write_bytes(pickle.dumps((images, [True, True])))
    (tmp_path / "people.txt").write_text("ann\nann\nbob\nbob\n")
    names = sorted(
        path.relative_to(tmp_path / "faces") for path in (tmp_path / "faces").rglob("*.png")
    )
    (tmp_path / "points.csv").write_text("".join(f"{name.as_posix()},{POINTS}\n" for name in names))
    return tmp_path


KINDS: dict[str, tuple[type[DatasetCard], dict[str, Any]]] = {
    "bin": (BinDataset, {"file": "faces.bin", "identities": "people.txt", "folds": 2}),
    "csv": (CsvDataset, {"folder": "faces", "file": "pairs.csv", "folds": 2}),
    "lfw": (
        LfwDataset,
        {"folder": "faces", "pairs": "pairs.txt", "image": "{person}/{person}_{number:04d}.png"},
    ),
    "people": (PeopleDataset, {"folder": "faces", "folds": 2, "pairs_per_fold": 1}),
    "folder": (
        FolderDataset,
        {"folder": "faces", "align": LandmarkAlign(method="landmarks", landmarks="points.csv")},
    ),
}


def load(kind: str, data: Path) -> object:
    card, keys = KINDS[kind]
    made = card(id="own", kind=kind, card_file=data / "own.toml", **keys)
    return load_dataset(made, lambda name: data / name, data / "cache")


def pipe(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def device(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


@pytest.mark.parametrize("kind", KINDS)
def test_the_sets_are_read(kind, data):
    assert load(kind, data)


@pytest.mark.parametrize("put", [pipe, device, folder])
@pytest.mark.parametrize(
    ("kind", "file"),
    [
        *(("bin", "faces.bin"), ("bin", "people.txt"), ("csv", "pairs.csv")),
        *(("csv", "faces/bob/bob_0001.png"), ("lfw", "pairs.txt"), ("folder", "points.csv")),
        ("lfw", "faces/bob/bob_0001.png"),
    ],
)
def test_what_is_no_file_is_refused_by_name(kind, file, put: Callable[[Path], None], data):
    put(data / file)
    with pytest.raises(SuiteError) as caught:
        load(kind, data)
    assert Path(file).name in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        *(("csv", "pairs.csv"), ("lfw", "pairs.txt"), ("bin", "people.txt")),
        *(("folder", "points.csv"), ("folder", "faces/bob/bob_0001.png")),
    ],
)
def test_an_enormous_file_is_refused_unread(kind, file, data):
    os.truncate(data / file, 1 << 40)  # of holes
    tracemalloc.start()
    with pytest.raises(SuiteError, match=r"is larger than \d+ MiB, as no file of its kind is"):
        load(kind, data)
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("put", [pipe, device])
@pytest.mark.parametrize("kind", ["people", "folder"])
def test_what_is_no_file_is_passed_over_among_images(kind, put, data):
    put(data / "faces" / "ann" / "odd.png")
    put(data / "faces" / "ann" / "odd")
    found: Any = load(kind, data)
    assert any("2 files below its folder" in remark for remark in found.remarks)


@pytest.mark.parametrize("put", [pipe, device])
@pytest.mark.parametrize("kind", KINDS)
def test_a_set_with_a_hash_does_not_wait_either(kind, put, data):
    card, keys = KINDS[kind]
    made = card(id="own", kind=kind, card_file=data / "own.toml", sha256="ab" * 32, **keys)
    put(data / "faces.bin")
    with pytest.raises(SuiteError):
        load_dataset(made, lambda name: data / name, data / "cache")


def test_a_pipe_in_the_cache_of_aligned_faces_is_replaced(data):
    assert load("folder", data)
    kept = sorted((data / "cache").rglob("*.png"))
    pipe(kept[0])
    assert load("folder", data)
    assert kept[0].is_file()
