"""A brought artifact with an interface of its own is fed by it in every gate."""

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from made_net import DIM, FULL_INTEGER, SIDE, Net

from suite.catalog.errors import ModelError
from suite.catalog.folder import read_catalog
from suite.catalog.model_card import OutputSpec
from suite.catalog.preprocess import PreprocessSpec, QuantizedInput
from suite.catalog.source import BroughtArtifact, BroughtFile, SourceSpec
from suite.gates.charts import charts
from suite.gates.model_work import ModelWork
from suite.gates.placement import measure_placement
from suite.gates.timed_blocks import TimedBlocks
from suite.runtime.share import Share

CATALOG = read_catalog()
INT8 = CATALOG.modes["int8_static_qdq"]
SPEC = PreprocessSpec(
    height=SIDE, width=SIDE, color_order="RGB", scale=255.0, mean=(127.5,) * 3, std=(127.5,) * 3
)
OWN = {
    "layout": "NHWC",
    "embedding": "Identity",
    "quantized_input": QuantizedInput(type="uint8", scale=2 / 255, zero_point=128),
}


def work(folder: Path, **own: object) -> ModelWork:
    source = SourceSpec(file="fp32.onnx", sha256=Net().save(folder / "fp32.onnx"))
    digest = FULL_INTEGER.save(folder / "int8.onnx")
    card = CATALOG.models["arcface-embedded"].model_copy(
        update={
            "source": source,
            "card_file": folder / "m.toml",
            "calibration": None,
            "preprocess": SPEC,
            "outputs": OutputSpec(embedding_dim=DIM),
            "artifacts": {INT8.id: BroughtArtifact(file="int8.onnx", sha256=digest, **own)},
        }
    )
    bench = SimpleNamespace(
        catalog=CATALOG,
        provider=CATALOG.providers["cpu"],
        share=Share(1, 1),
        profile="cpu",
        progress=SimpleNamespace(step=lambda _: nullcontext()),
    )
    return ModelWork(bench, card)


def test_it_embeds_as_fp32_does(tmp_path: Path) -> None:
    made = work(tmp_path, **OWN)
    faces = charts(SIDE, SIDE)
    fp32, int8 = (case.embed(faces, "") for case in (made.fp32, made.case(INT8)))
    assert np.sum(fp32 * int8, axis=1) == pytest.approx(1, abs=1e-4)
    assert made.fp32.feeding.spec == SPEC, "FP32 keeps the card's"


def test_it_is_traced_and_timed(tmp_path: Path) -> None:
    case = work(tmp_path, **OWN).case(INT8)
    assert measure_placement(case).observed["nodes_elsewhere"] == 0
    assert TimedBlocks(case, 1).rounds > 0


def test_one_that_says_nothing_is_sent_to_its_own_keys(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        _ = work(tmp_path).case(INT8).session
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'm.toml'}: key 'artifacts.int8_static_qdq': int8.onnx: ")
    assert said.endswith(
        "what holds for this file alone belongs in [artifacts.int8_static_qdq]: "
        "layout, input, embedding, norm, quantized_input."
    )


def test_a_providers_file_has_its_own() -> None:
    plain, own = {"file": "a.onnx", "sha256": "0" * 64}, {"layout": "NHWC"}
    both = BroughtArtifact(**plain, **own, providers={"cuda": BroughtFile(**plain)})
    assert both.for_provider("cuda").layout is None
    assert both.for_provider("cpu").layout == "NHWC"
