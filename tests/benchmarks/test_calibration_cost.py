"""Calibration takes a few times the bare network's time, and memory that no face adds to."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import onnxruntime as ort
import pytest

from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import prepare
from suite.models.onnx_file import load_whole
from suite.quantization.ranges.calibrate import Calibration
from suite.quantization.ranges.observe import Batch
from suite.quantization.steps.expand_prelu import expand_prelu
from suite.quantization.steps.flip_slopes import flip_slopes
from suite.quantization.steps.fold_batch_norm import fold_batch_norm
from suite.quantization.steps.gemm_heads import gemm_heads
from suite.quantization.steps.net import Net
from suite.quantization.steps.plan import quantized_tensors
from suite.quantization.steps.tidy import tidy

REAL = Path(__file__).resolve().parents[2] / ".." / "shared" / "real"
SOURCE = REAL / "mobilefacenet192" / "mobilefacenet192_prelu.onnx"
SPEC = PreprocessSpec(
    height=112, width=112, color_order="RGB", mean=(127.5,) * 3, std=(128.0,) * 3, scale=255.0
)
SHAPE = SPEC.shape(1)
ROUNDS = 3
FACES = 200
MOST = {"MinMax": 4.5, "TopK": 4.5, "Percentile": 10.0, "Entropy": 4.5, "MSE": 10.0}
MOST_GROWTH = 1.1
needs_the_network = pytest.mark.skipif(
    not SOURCE.is_file(), reason="../shared/real, the real models, is absent"
)


def prepared() -> Net:
    """The network as calibration sees it, whose PReLUs, unlike the source's, run fast."""
    net = Net.of(load_whole(SOURCE))
    for step in (tidy, gemm_heads, fold_batch_norm, flip_slopes, expand_prelu):
        net = step(net, net.shapes(SHAPE)).net
        net.prune()
    return net


def faces(count: int) -> Iterator[Batch]:
    """Aligned faces, again from the first where there are no more."""
    for path in islice(cycle(sorted((REAL / "orl" / "aligned").rglob("*.jpg"))), count):
        yield {"input": prepare([decode(path.read_bytes(), path.name)], SPEC)}


def calibrate(net: Net, method: str, count: int, held: list[Batch] | None, work: Path) -> None:
    shapes = net.shapes(SHAPE)
    names = quantized_tensors(net, shapes, ())

    def batches(_: Net, most: int | None) -> Iterator[Batch]:
        return iter(faces(most or count) if held is None else held[:: -(-count // (most or count))])

    ranges = Calibration(batches, count, work).ranges(method, net, shapes, names)
    assert len(ranges) == len(names)


@needs_the_network
@pytest.mark.parametrize("method", MOST)
def test_ranges_cost_a_few_times_the_bare_network(benchmark, tmp_path, method):
    net, held = prepared(), list(faces(FACES))
    net.save(tmp_path / "net.onnx")
    session = ort.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    bare: list[float] = []
    ours: list[float] = []

    def run_bare() -> None:
        start = time.perf_counter()
        for batch in held:
            session.run(None, batch)
        bare.append(time.perf_counter() - start)

    def run_ours() -> None:
        start = time.perf_counter()
        calibrate(net, method, FACES, held, tmp_path)
        ours.append(time.perf_counter() - start)

    benchmark.pedantic(run_ours, setup=run_bare, rounds=ROUNDS)
    rounds = list(zip(ours, bare, strict=True))[-ROUNDS:]
    ratio = statistics.median(mine / plain for mine, plain in rounds)
    benchmark.extra_info["ratio_to_bare_run"] = ratio
    assert ratio <= MOST[method], (
        f"{method} on {FACES} images took {ratio:.2f} × the bare network's time, at most "
        f"{MOST[method]} is allowed; seconds of each round, calibration and bare: {rounds}"
    )


PEAK = """
import resource, sys
sys.path[:0] = {path!r}
from pathlib import Path
import test_calibration_cost as cost
cost.calibrate(cost.prepared(), {method!r}, {count}, None, Path({work!r}))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@needs_the_network
@pytest.mark.parametrize("method", ["TopK", "Percentile"])
def test_eight_times_the_faces_take_the_same_memory(tmp_path, method):
    def peak(count: int) -> int:
        path = [str(Path(__file__).parent), *sys.path]
        code = PEAK.format(path=path, method=method, count=count, work=str(tmp_path))
        return int(subprocess.run([sys.executable, "-c", code], check=True, stdout=-1).stdout)

    few, many = peak(64), peak(512)
    assert many <= MOST_GROWTH * few, f"{method}: {few} KiB with 64 images, {many} KiB with 512"
