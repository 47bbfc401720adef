"""What fidelity measures of lengths, and of the norms that a network gives itself."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from scipy import stats
from small import FACES, bring, concluded, network, small_catalog, small_work

from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.gates.measures import measured
from suite.judging.baselines.entry import entry_document
from suite.judging.baselines.store import BaselineFile, write_section
from suite.judging.kept_limits import kept_limits
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome

INT8 = "int8_dynamic"


def scaled(factor: float) -> onnx.ModelProto:
    node = helper.make_node("Mul", ["e", "by"], ["embedding"])
    return network(node, by=np.float32([factor]))


def with_norms(power: float) -> onnx.ModelProto:
    """Embeddings of unit length, and beside them their length to a power, as AdaFace has it."""
    model = network(
        helper.make_node("ReduceL2", ["e"], ["length"], axes=[1], keepdims=1),
        helper.make_node("Div", ["e", "length"], ["embedding"]),
        helper.make_node("Pow", ["length", "power"], ["norm"]),
        power=np.float32(power),
    )
    norm = helper.make_tensor_value_info("norm", TensorProto.FLOAT, ["n", 1])
    model.graph.output.append(norm)
    return model


def of_norms(folder: Path, fp32: onnx.ModelProto, mode: onnx.ModelProto) -> CaseWork:
    small_catalog(folder, fp32)
    bring(folder, INT8, mode)
    card = folder / "models" / "small.toml"
    text = card.read_text().replace('flip = "none"', 'flip = "norm_weighted"')
    named = '[outputs]\nembedding = "embedding"\nnorm = "norm"\n'
    card.write_text(text.replace("[outputs]\n", named))
    return small_work(folder, INT8)


def accept(work: CaseWork, found: Measured) -> None:
    file = BaselineFile(work.bench.catalog.folder / "baselines", "cpu-avx2", "small", INT8)
    limits = kept_limits(found, work.limits(FACES))
    write_section(file.path, found.section, entry_document(found, limits, {}))


def test_norms_are_of_the_embeddings_before_they_are_scaled(tmp_path: Path) -> None:
    bring(small_catalog(tmp_path, network()), INT8, scaled(1.5))
    work = small_work(tmp_path, INT8)
    figures = measured(work, Gate.FIDELITY, FACES).figures
    for name in ("mean", "1st_percentile", "99th_percentile"):
        assert figures[f"norm_ratio_{name}"] == pytest.approx(1.5)
    assert "quality_correlation" not in figures
    # No cosine sees them.
    assert figures["cosine_worst"] == pytest.approx(1.0)


@pytest.mark.parametrize("factor", [1.01, 2.0, 1e-4])
def test_other_norms_alone_are_red(tmp_path: Path, factor: float) -> None:
    bring(small_catalog(tmp_path, network()), INT8, scaled(factor))
    work = small_work(tmp_path, INT8)
    found = measured(work, Gate.FIDELITY, FACES)
    before = {**found.figures, **dict.fromkeys((n for n in found.figures if "norm" in n), 1.0)}
    accept(work, found.model_copy(update={"figures": before}))
    record = concluded(work, Gate.FIDELITY)
    assert record.outcome is Outcome.FAIL
    red = {row.metric for row in record.rows if row.outcome is Outcome.FAIL}
    assert "norm_ratio_mean" in red
    assert all(name.startswith("norm_ratio") for name in red)


def test_the_norms_that_a_network_gives_are_held_by_their_ranks(tmp_path: Path) -> None:
    fp32 = with_norms(1.0)
    work = of_norms(tmp_path / "a", fp32, with_norms(3.0))
    found = measured(work, Gate.FIDELITY, FACES).figures
    # The same order, whatever the scale.
    assert found["quality_correlation"] == pytest.approx(1.0)
    turned = of_norms(tmp_path / "b", fp32, with_norms(-1.0))
    assert measured(turned, Gate.FIDELITY, FACES).figures["quality_correlation"] == pytest.approx(
        -1.0
    )


def test_a_quality_that_moved_is_as_scipy_ranks_it(tmp_path: Path) -> None:
    noisy = with_norms(1.0)
    noisy.graph.initializer[0].CopyFrom(_moved(noisy.graph.initializer[0]))
    work = of_norms(tmp_path, with_norms(1.0), noisy)
    fp32, mode = (each.embedded(FACES).quality for each in (work.fp32, work))
    found = measured(work, Gate.FIDELITY, FACES).figures["quality_correlation"]
    assert found == pytest.approx(stats.spearmanr(fp32, mode).statistic)
    assert found < 0.999


def _moved(weights: onnx.TensorProto) -> onnx.TensorProto:
    array = onnx.numpy_helper.to_array(weights)
    noise = np.random.default_rng(5).normal(0, 0.2 * array.std(), array.shape)
    return onnx.numpy_helper.from_array((array + noise).astype(np.float32), weights.name)
