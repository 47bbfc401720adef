"""Embedding a dataset costs hardly more than the network's own time."""

import statistics
import time
from pathlib import Path

import onnxruntime as ort
import pytest

from suite.catalog.dataset_card import LfwDataset
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.images.decoder import decode
from suite.datasets.loader import load_dataset
from suite.datasets.preprocessing import mirror, prepare
from suite.runtime.embedding import embed

REAL = Path(__file__).resolve().parents[2] / ".." / "shared" / "real"
ROUNDS = 15
MOST = 1.15


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/real, the real model and faces, is absent")
def test_embedding_costs_at_most_1_15_times_the_bare_network(benchmark):
    spec = PreprocessSpec(
        height=112,
        width=112,
        color_order="RGB",
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        scale=1.0,
    )
    card = LfwDataset(
        id="orl-pairs", kind="lfw", folder="orl/aligned", pairs="orl/pairs.txt", card_file=REAL
    )
    faces = load_dataset(card, lambda relative: REAL / relative).faces
    session = ort.InferenceSession(
        str(REAL / "mobilefacenet" / "MobileFaceNet.onnx"), providers=["CPUExecutionProvider"]
    )
    outputs = OutputSpec(embedding_dim=128)
    batches = [prepare([decode(face.read(), face.name)], spec) for face in faces]
    feeds = [{"input0": x} for batch in batches for x in (batch, mirror(batch, spec.layout))]
    bare_seconds: list[float] = []
    embed_seconds: list[float] = []

    def run_bare() -> None:
        start = time.perf_counter()
        for feed in feeds:
            session.run(["output0"], feed)
        bare_seconds.append(time.perf_counter() - start)

    def run_embed() -> None:
        start = time.perf_counter()
        embed(session, faces, spec, outputs, "add", 1)
        embed_seconds.append(time.perf_counter() - start)

    # Each round runs both, one after the other: what else the machine does falls on both alike.
    benchmark.pedantic(run_embed, setup=run_bare, rounds=ROUNDS, warmup_rounds=1)
    rounds = list(zip(embed_seconds, bare_seconds, strict=True))[-ROUNDS:]
    ratio = statistics.median(ours / bare for ours, bare in rounds)
    benchmark.extra_info["ratio_to_bare_run"] = ratio
    assert ratio <= MOST, (
        f"embedding {len(faces)} faces took {ratio:.3f} × the bare session.run time, at most {MOST}"
        f" is allowed; seconds of each round, embed and bare: {rounds}"
    )
