"""Preparing and aligning faces costs little more than decoding and detecting them, and streams."""

import hashlib
import os
import pickle
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pytest

from suite.catalog.alignment import YunetAlign
from suite.catalog.dataset_card import FolderDataset
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face_set import FaceSet
from suite.datasets.images.decoder import decode
from suite.datasets.loader import load_dataset
from suite.datasets.preprocessing import prepare

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "real"
YUNET = REAL / "yunet" / "face_detection_yunet_2026may.onnx"
SPEC = PreprocessSpec(
    height=112, width=112, color_order="RGB", mean=(127.5,) * 3, std=(128.0,) * 3, scale=255.0
)
MANY, FEW, RAW = 12_000, 2_000, 1_000
LEAST_OVERLAP = 1.7
MOST_SECONDS, MOST_RATIO, MOST_ALIGNING, MOST_MIB = 6.0, 3.0, 1.5, 12
CHUNK = 32


def written(folder: Path, images: Sequence[bytes], wanted: int) -> Path:
    """So many JPEGs, each with another content: what follows a JPEG's end is not read."""
    for index in range(wanted):
        path = folder / f"{index // 100:03d}" / f"{index:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(images[index % len(images)] + index.to_bytes(4, "big"))
    return folder


def load(folder: Path, cache: Path, align: YunetAlign | None = None, threads: int = 1) -> FaceSet:
    card = FolderDataset(
        id="many", kind="folder", folder=".", align=align, card_file=folder / "many.toml"
    )
    return load_dataset(
        card,
        lambda at: REAL / at if at.endswith(".onnx") else folder / at,
        cache,
        threads=threads,
    )


def prepare_all(folder: Path) -> int:
    """Read a folder as a set, and make every face a network's input, a batch at a time."""
    faces = load(folder, folder).faces
    done = 0
    for start in range(0, len(faces), CHUNK):
        chunk = faces[start : start + CHUNK]
        done += len(prepare([decode(face.read(), face.name) for face in chunk], SPEC))
    return done


@pytest.fixture(scope="session")
def small_faces(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    images, _ = pickle.loads((ROOT / "fixtures" / "embedded" / "evaluation.bin").read_bytes())
    return {
        wanted: written(tmp_path_factory.mktemp(f"faces-{wanted}"), images, wanted)
        for wanted in (FEW, MANY)
    }


def test_preparing_costs_little_more_than_decoding(benchmark, small_faces) -> None:
    folder = small_faces[MANY]
    paths = sorted(folder.rglob("*.jpg"))
    bare: list[float] = []
    ours: list[float] = []

    def run_bare() -> None:
        start = time.perf_counter()
        for path in paths:
            cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        bare.append(time.perf_counter() - start)

    def run_ours() -> None:
        start = time.perf_counter()
        assert prepare_all(folder) == MANY
        ours.append(time.perf_counter() - start)

    benchmark.pedantic(run_ours, setup=run_bare, rounds=5, warmup_rounds=1)
    ratio = statistics.median(mine / its for mine, its in zip(ours, bare, strict=True))
    benchmark.extra_info |= {"seconds": min(ours), "ratio_to_decoding": round(ratio, 2)}
    said = f"{min(ours):.2f} s for {MANY} images, {ratio:.2f} × reading and decoding alone"
    assert min(ours) < MOST_SECONDS, said
    assert ratio < MOST_RATIO, said


def peak_mib(call: str) -> float:
    """The peak memory of a process that does one thing."""
    code = (
        "import resource; from pathlib import Path; from tests.benchmarks import test_dataset_speed"
        f" as it; it.{call}; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return float(done.stdout.split()[-1])


def test_preparing_streams(small_faces) -> None:
    few, many = (peak_mib(f"prepare_all(Path({str(small_faces[n])!r}))") for n in (FEW, MANY))
    assert many - few < MOST_MIB, f"{few:.0f} MiB for {FEW} images, {many:.0f} MiB for {MANY}"


def yunet() -> YunetAlign:
    digest = hashlib.sha256(YUNET.read_bytes()).hexdigest()
    return YunetAlign(
        method="yunet",
        detector=str(YUNET.relative_to(REAL)),
        detector_sha256=digest,
        missing="unaligned",
    )


def raw_images() -> list[bytes]:
    """ORL's faces on a canvas of 250 × 250, as LFW has them: 110 pixels wide in the middle."""
    ground = np.random.default_rng(0).integers(0, 256, (250, 250, 3), dtype=np.uint8)
    ground = cv2.GaussianBlur(ground, (0, 0), 8)
    made = []
    for path in sorted((REAL / "orl" / "raw").rglob("*.pgm")):
        canvas = ground.copy()
        canvas[58:192, 70:180] = cv2.resize(cv2.imread(str(path)), (110, 134))
        made.append(cv2.imencode(".jpg", canvas)[1].tobytes())
    return made


def align_all(folder: Path, cache: Path) -> FaceSet:
    return load(folder, cache, yunet())


@pytest.mark.skipif(not YUNET.exists(), reason="../shared/real, with YuNet, is absent")
def test_aligning_costs_little_more_than_detecting(benchmark, tmp_path: Path) -> None:
    folder = written(tmp_path / "raw", raw_images(), RAW)
    paths = sorted(folder.rglob("*.jpg"))
    caches = (tmp_path / f"cache-{number}" for number in count())
    net = cv2.FaceDetectorYN.create(str(YUNET), "", (250, 250), 0.6, 0.3, 5000)
    bare: list[float] = []
    ours: list[float] = []

    def run_bare() -> None:
        start = time.perf_counter()
        for path in paths:
            data = np.frombuffer(path.read_bytes(), np.uint8)
            net.detect(cv2.imdecode(data, cv2.IMREAD_COLOR))
        bare.append(time.perf_counter() - start)

    def run_ours() -> None:
        start = time.perf_counter()
        remarks = align_all(folder, next(caches)).remarks
        ours.append(time.perf_counter() - start)
        assert remarks == ()

    benchmark.pedantic(run_ours, setup=run_bare, rounds=3, warmup_rounds=1)
    ratio = statistics.median(mine / its for mine, its in zip(ours, bare, strict=True))
    start = time.perf_counter()
    align_all(folder, tmp_path / "cache-0")
    again = time.perf_counter() - start
    benchmark.extra_info |= {"ratio_to_detecting": round(ratio, 2), "from_cache_s": again}
    assert ratio < MOST_ALIGNING, f"{ratio:.2f} × reading and detecting alone: {ours}, {bare}"
    assert again < min(ours) / 5, f"{again:.2f} s from the cache, {min(ours):.2f} s without"


@pytest.mark.skipif(not YUNET.exists(), reason="../shared/real, with YuNet, is absent")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is one core")
def test_aligning_works_on_two_cores(tmp_path: Path) -> None:
    """OpenCV is held to one thread, so that one image at a time is on one core."""
    folder = written(tmp_path / "raw", raw_images(), RAW)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for turn in range(4):
            for threads, found in seconds.items():
                start = time.perf_counter()
                load(folder, tmp_path / f"cache-{turn}-{threads}", yunet(), threads)
                found.append(time.perf_counter() - start)
    finally:
        cv2.setNumThreads(before)
    ratio = statistics.median(one / two for one, two in zip(*seconds.values(), strict=True))
    assert ratio > LEAST_OVERLAP, f"{ratio:.2f} × one core: {seconds}"


@pytest.mark.skipif(not YUNET.exists(), reason="../shared/real, with YuNet, is absent")
def test_aligning_streams(tmp_path: Path) -> None:
    images = raw_images()
    peaks = []
    for wanted in (100, 600):
        folder = written(tmp_path / f"raw-{wanted}", images, wanted)
        cache = tmp_path / f"cache-{wanted}"
        peaks.append(peak_mib(f"align_all(Path({str(folder)!r}), Path({str(cache)!r}))"))
    few, many = peaks
    assert many - few < MOST_MIB, f"{few:.0f} MiB for 100 images, {many:.0f} MiB for 600"
