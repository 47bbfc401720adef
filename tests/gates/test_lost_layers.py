"""A broken layer is named first, whichever it is, in every embedded family and a real network."""

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from team import MODEL, ROOT

from suite.catalog.catalog import Catalog, Roots
from suite.catalog.folder import read_catalog
from suite.catalog.gate import Gate
from suite.gates.case_work import CaseWork
from suite.gates.layer_costs import _built, _fed, layers_db
from suite.gates.lost_layers import kept_layers
from suite.gates.progress import Progress
from suite.gates.workbench import Workbench
from suite.judging.lost_layers import lost_layers
from suite.models.onnx_file import load_whole, read_onnx_file
from suite.quantization.artifact import Artifact
from suite.quantization.calibration import face_reader
from suite.quantization.sensitivity.local_error import quantized_units, signal_to_noise
from suite.quantization.steps.net import Net
from suite.runtime.profile import cpu_profile
from tests.support.broken_layer import BREAKS, broken, scale_doubled
from tests.support.paired import Paired

FAMILIES = ("arcface", "facenet", "adaface", "insightface")
FACES = 2
REAL = ROOT.parent / "shared" / "real"
NETWORK = REAL / "mobilefacenet" / "MobileFaceNet.onnx"


def work_on(model: str, mode: str, cache: Path, read: Catalog | None = None) -> CaseWork:
    read = read or read_catalog()
    provider = read.providers["cpu"]
    bench = Workbench(read, provider, 1, cpu_profile(), cache, Progress(nullcontext))
    return bench.case(read.models[model], read.modes[mode])


def paired(work: CaseWork) -> Paired:
    """The artifact beside its network in float, the units in 8 bits, and a few faces."""
    forms, units = _built(work, work.artifact, work.ingredients)
    assert work.model.calibration
    faces = work.bench.dataset(work.model.calibration)
    reader = face_reader(forms.reference.inputs, _fed(work, faces), FACES)
    batches = list(iter(reader.get_next, None))
    images = [next(iter(batch.values())) for batch in batches]
    return Paired(forms, quantized_units(forms, units), images)


def figures(pair: Paired, folder: Path) -> Mapping[str, float]:
    name = pair.forms.reference.inputs[0].name
    found = signal_to_noise(pair.forms, pair.units, [{name: x} for x in pair.images], folder)
    return {unit: round(value, 1) for unit, value in found.items()}


def check_each_broken_layer(pair: Paired, folder: Path) -> None:
    """That each layer is named first where it alone is broken.

    What a layer loses by itself is the same whatever others lose, so that all are broken at once.
    """
    accepted = figures(pair, folder)
    assert len(accepted) == len(pair.units) > 10
    count = 0
    for kind, how in BREAKS.items():
        net: Net = pair.forms.quantized
        named = []
        for unit in pair.units:
            made = broken(net, unit, how)
            if made is not None:
                net = made
                named.append(unit.name)
        after = figures(pair.with_form(net), folder)
        for name in named:
            said = lost_layers({**accepted, name: after[name]}, accepted, {})
            told = f"layer {name} ({accepted[name]:.1f} → {after[name]:.1f} dB)"
            assert told in said.replace("its last layer", "layer"), (kind, said)
        count += len(named)
    assert count >= 3 * len(pair.units)


@pytest.mark.parametrize(
    ("family", "mode"),
    [
        *((family, "int8_static_qdq") for family in FAMILIES),
        # Those with a PReLU, which this one writes anew.
        *((family, "int8_static_tuned") for family in ("arcface", "adaface")),
    ],
)
def test_every_broken_layer_of_an_embedded_family_is_named(
    family: str, mode: str, cache: Path, tmp_path: Path
) -> None:
    check_each_broken_layer(paired(work_on(f"{family}-embedded", mode, cache)), tmp_path)


@pytest.mark.skipif(
    not (NETWORK.exists() and (REAL / "orl").is_dir()),
    reason="../shared/real has no MobileFaceNet: a real network is not broken here",
)
def test_every_broken_layer_of_a_real_network_is_named(cache: Path, tmp_path: Path) -> None:
    read = read_catalog(ROOT / "docs" / "examples" / "orl", Roots(REAL, REAL))
    work = work_on("mobilefacenet", "int8_static_qdq", cache, read)
    check_each_broken_layer(paired(work), tmp_path)


def test_layers_are_those_of_the_artifact_in_the_order_of_the_network(
    cache: Path, tmp_path: Path
) -> None:
    work = work_on(MODEL, "int8_static_qdq", cache)
    pair = paired(work)
    kept = kept_layers(work, Gate.FIDELITY)
    assert list(kept) == [unit.name for unit in pair.units]
    assert all(10 < value < 70 and value == round(value, 1) for value in kept.values())
    # They are measured once a case, and by no other gate.
    asked = work.layers_db
    assert kept_layers(work, Gate.FIDELITY) == kept and work.layers_db is asked
    assert kept_layers(work, Gate.VERIFICATION) == kept_layers(work.fp32, Gate.FIDELITY) == {}
    # Of another artifact they are others.
    made = broken(pair.forms.quantized, pair.units[3], scale_doubled)
    assert made is not None
    made.save(tmp_path / "broken.onnx")
    work.artifact = Artifact(read_onnx_file(tmp_path / "broken.onnx"))
    after = layers_db(work).in_8_bits
    assert [name for name in kept if after[name] != kept[name]] == [pair.units[3].name]


def test_of_operator_form_the_layers_between_floats_are_kept(cache: Path) -> None:
    kept = kept_layers(work_on(MODEL, "int8_static_qoperator", cache), Gate.FIDELITY)
    assert 1 < len(kept) < 10
    assert all(10 < value < 70 for value in kept.values())


def test_layers_of_dynamic_int8_are_kept_too(cache: Path) -> None:
    kept = kept_layers(work_on(MODEL, "int8_dynamic", cache), Gate.FIDELITY)
    assert len(kept) > 10


def test_a_layer_in_float_is_told_beside_those_in_8_bits(cache: Path, tmp_path: Path) -> None:
    work = work_on(MODEL, "int8_static_tuned", cache)
    sound = layers_db(work)
    (name, before), *others = sound.in_float.items()
    assert before > 30 and not others
    assert name not in kept_layers(work, Gate.FIDELITY)
    net = Net.of(load_whole(work.artifact.file.path))
    first = next(node for node in net.nodes if node.op_type == "Conv")
    bias = net.weight(first.input[2])
    assert bias is not None
    first.input[2] = net.add_weight("no_bias", np.zeros_like(bias))
    net.save(tmp_path / "broken.onnx")
    work.artifact = Artifact(read_onnx_file(tmp_path / "broken.onnx"))
    after = layers_db(work)
    assert after.in_8_bits == sound.in_8_bits
    said = lost_layers(after.in_8_bits, sound.in_8_bits, after.in_float)
    assert f"): layer {name} (in float; {after.in_float[name]:.1f} dB" in said
