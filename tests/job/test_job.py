"""The whole job through real pytest subprocesses: green, then broken on purpose."""

import hashlib
import json
import os
import pickle
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
from team import (
    EMBEDDED,
    MODEL,
    ROOT,
    SOURCE,
    Team,
    bytes_below,
    change,
)

from suite.catalog.folder import read_catalog
from suite.datasets.face import Face
from suite.judging.baselines.store import remove_sections
from suite.quantization.calibration import FaceReader


def documents_below(folder: Path) -> dict[str, dict]:
    found = bytes_below(folder).items()
    return {name: json.loads(text) for name, text in found if name.endswith(".json")}


def test_what_was_accepted_passes_again_and_the_report_fits_its_schema(
    team: Team, monkeypatch
) -> None:
    monkeypatch.setenv("SPEED_UP", "1.5")
    before = bytes_below(team.folder / "baselines")
    result = team.run("-k", "not throughput", "-p", "spy")
    assert result.returncode == 0, result.stdout
    report = team.report
    jsonschema.validate(report, json.loads((ROOT / "docs" / "report.schema.json").read_text()))
    assert report["verdict"] == "pass"
    assert report["complete"]
    assert {r["gate"] for r in report["records"]} == {
        *("artifact", "fingerprint", "verification", "fidelity", "latency"),
        *("placement", "behaviour"),
    }
    for column in ("Accuracy", "TAR@FAR=1e-3", "TAR@FAR=1e-4", "ROC AUC", "Size", "Latency"):
        assert column in team.markdown
    assert f"| int8_static_qdq | embedded-calibration | folder {EMBEDDED}" in team.markdown
    assert "is unlike evaluation set" not in team.markdown
    proposed = team.folder / "face-quant-report" / "proposed-baselines"
    for path in proposed.rglob("*.json"):
        document = json.loads(path.read_text())
        speed = {name for name in document["sections"] if name.startswith("latency.")}
        # Speed was never accepted here, so that a run proposes it.
        assert bool(speed) == (path.stem != "fp32")
        remove_sections(path, speed)
    assert bytes_below(team.folder / "baselines") == before
    # Layers are measured where something is accepted or red, so that no green run proposes them.
    accepted = documents_below(team.folder / "baselines")
    for name, document in accepted.items():
        kept = [section.pop("layers", None) for section in document["sections"].values()]
        assert any(kept) == (Path(name).stem != "fp32")
    assert accepted
    assert documents_below(proposed) == accepted


def test_two_runs_give_the_same_figures_and_the_second_builds_nothing(
    accepted: Callable[[str], Team], team: Team
) -> None:
    def figures(team: Team) -> list[dict]:
        return [r["measured"]["figures"] for r in team.report["records"]]

    built = {path: path.stat().st_mtime_ns for path in team.cache.rglob("model.onnx")}
    assert team.gates().returncode == 0
    assert figures(team) == figures(accepted(MODEL))
    assert {path: path.stat().st_mtime_ns for path in built} == built
    assert built


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("std = [127.5, 127.5, 127.5]", "std = [64.0, 64.0, 64.0]", "std"),
        ('flip = "add"', 'flip = "none"', "flip"),
    ],
)
def test_a_wrong_pipeline_is_named_by_the_fingerprint(
    team: Team, old: str, new: str, cause: str
) -> None:
    team.edit(team.card(), old, new)
    result = team.gates("--modes=fp32", "-k", "fingerprint")
    assert result.returncode == 1
    assert cause in team.failed()["fingerprint fp32"]
    assert cause in result.stdout
    assert "reproduce: pytest" in result.stdout


def test_another_models_weights_are_refused_by_hash_and_then_by_identity(team: Team) -> None:
    other = team.folder / "other.onnx"
    model = onnx.load(SOURCE)
    change(model, "MatMul", 1, lambda weights: weights[:, ::-1])
    onnx.save(model, other)
    source = str(SOURCE)
    team.edit(team.card(), source, str(other))
    result = team.gates("--modes=fp32")
    assert result.returncode == 1
    assert "other weights than the card's" in result.stdout
    team.edit(
        team.card(),
        hashlib.sha256(Path(source).read_bytes()).hexdigest(),
        hashlib.sha256(other.read_bytes()).hexdigest(),
    )
    assert team.gates("--modes=fp32").returncode == 1
    assert team.failed()["fingerprint fp32"].startswith("other weights than accepted")


def test_a_baseline_edited_by_two_hundredths_fails_with_the_figures(team: Team) -> None:
    path = team.baseline("int8_static_qdq")
    document = json.loads(path.read_text())
    figures = document["sections"]["verification.embedded-evaluation"]["figures"]
    figures["accuracy"] -= 0.02
    path.write_text(json.dumps(document))
    result = team.gates("--modes=int8_static_qdq", "-k", "verification")
    assert result.returncode == 1
    assert "better than accepted: Accuracy" in result.stdout
    assert "+0.020000" in result.stdout


def test_a_truncated_onnx_is_named(team: Team) -> None:
    data = (SOURCE).read_bytes()
    (team.folder / "cut.onnx").write_bytes(data[: len(data) // 2])
    team.edit(team.card(), str(SOURCE), "../cut.onnx")
    result = team.gates("--modes=fp32")
    assert result.returncode == 1
    assert "cut.onnx" in result.stdout
    assert "truncated" in result.stdout
    assert "Traceback" not in result.stdout


def replace_bin(team: Team, data: bytes) -> None:
    (team.folder / "bad.bin").write_bytes(data)
    (team.folder / "datasets" / "embedded-evaluation.toml").write_text(
        'id = "embedded-evaluation"\nkind = "bin"\nfile = "../bad.bin"\n'
    )


def test_a_truncated_bin_is_named(team: Team) -> None:
    data = (EMBEDDED / "evaluation.bin").read_bytes()
    replace_bin(team, data[: len(data) // 2])
    result = team.gates("--modes=fp32")
    assert result.returncode == 1
    assert "bad.bin" in result.stdout
    assert "Traceback" not in result.stdout


def test_a_bin_that_would_run_a_command_does_not(team: Team) -> None:
    witness = team.folder / "ran"

    class Evil:
        def __reduce__(self) -> tuple:
            return os.system, (f"touch {witness}",)

    replace_bin(team, pickle.dumps(([Evil()], [True])))
    result = team.gates("--modes=fp32")
    assert result.returncode == 1
    assert "system" in result.stdout
    assert not witness.exists()


def test_calibration_on_noise_is_seen_by_fidelity(team: Team, tmp_path: Path) -> None:
    import cv2

    rng = np.random.default_rng(0)
    noise = [
        Face.held(
            f"noise {i}",
            cv2.imencode(".png", rng.integers(0, 30, (112, 112, 3), dtype=np.uint8))[1].tobytes(),
        )
        for i in range(16)
    ]
    target = tmp_path / "noise.onnx"
    quantize_static(
        SOURCE,
        target,
        FaceReader(noise, read_catalog().models[MODEL].preprocess, "images", 1),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    team.bring("int8_static_qdq", target, re_accept=True)
    result = team.gates("--modes=int8_static_qdq")
    assert result.returncode == 1
    assert "Mean cosine to FP32" in team.failed()["fidelity int8_static_qdq"]


def test_a_zeroed_layer_fails_against_fp32(team: Team, tmp_path: Path) -> None:
    model = onnx.load(team.built("int8_static_qdq"))
    for tensor in model.graph.initializer:
        if len(tensor.dims) == 4 and tensor.data_type == onnx.TensorProto.INT8:
            zeros = np.zeros_like(numpy_helper.to_array(tensor))
            tensor.CopyFrom(numpy_helper.from_array(zeros, tensor.name))
    target = tmp_path / "zeroed.onnx"
    onnx.save(model, target)
    team.bring("int8_static_qdq", target, re_accept=True)
    result = team.gates("--modes=int8_static_qdq")
    assert result.returncode == 1
    failed = team.failed()
    assert {"fidelity int8_static_qdq", "verification int8_static_qdq"} <= set(failed)
    assert "artifact int8_static_qdq" not in failed


def test_a_case_that_fails_against_fp32_is_never_accepted(team: Team, tmp_path: Path) -> None:
    float_model = tmp_path / "not-quantized.onnx"
    model = onnx.load(SOURCE)
    # Other bytes than the source's, which would be refused as the source itself.
    change(model, "MatMul", 1, lambda weights: weights * np.float32(1.001))
    onnx.save(model, float_model)
    team.bring("int8_static_qdq", float_model)
    before = bytes_below(team.folder / "baselines")
    result = team.gates("--modes=int8_static_qdq", "--snapshot-update")
    assert result.returncode == 1
    assert "nothing is quantized" in result.stdout
    assert bytes_below(team.folder / "baselines") == before


def test_a_brought_artifact_is_measured_gated_and_accepted(team: Team, tmp_path: Path) -> None:
    brought = tmp_path / "brought.onnx"
    shutil.copyfile(team.built("int8_dynamic"), brought)
    modes = team.folder / "modes"
    modes.mkdir()
    (modes / "int8_nncf.toml").write_text(
        'id = "int8_nncf"\nquantizes = ["Conv", "MatMul"]\nbatch_dependent = true\n'
        "[tolerances]\naccuracy = 0.002\n[policy.floor]\ncosine_mean = 0.9\n"
    )
    team.bring("int8_nncf", brought)
    assert "nothing accepted" in team.gates("--modes=int8_nncf", "-k", "artifact").stdout
    # Every figure needs a tolerance of its own only where it jitters: the same file does not.
    assert team.gates("--modes=int8_nncf", "--snapshot-update").returncode == 0
    assert team.gates("--modes=int8_nncf").returncode == 0
    assert '"artifact"' in team.baseline("int8_nncf").read_text()


@pytest.mark.parametrize("option", ["--modes=", f"--models={MODEL}"], ids=["skip", "models"])
def test_an_update_of_a_selection_leaves_every_other_byte(team: Team, option: str) -> None:
    text = team.card().read_text()
    second = text.replace(f'id = "{MODEL}"', 'id = "absent"').replace(
        "arcface.onnx", "not-there.onnx"
    )
    (team.folder / "models" / "absent.toml").write_text(second)
    shutil.copytree(
        team.folder / "baselines" / "cpu" / MODEL,
        team.folder / "baselines" / "cpu" / "absent",
    )
    path = team.baseline("int8_dynamic")
    document = json.loads(path.read_text())
    document["sections"]["fidelity.embedded-evaluation"]["figures"]["cosine_mean"] -= 0.01
    path.write_text(json.dumps(document, indent=2))
    before = bytes_below(team.folder / "baselines")
    result = team.gates("--snapshot-update", option)
    assert result.returncode == 0, result.stdout
    assert ("skipped:" in result.stdout) == (option == "--modes=")
    assert "cosine_mean" in result.stdout
    after = bytes_below(team.folder / "baselines")
    changed = {name for name in before if before[name] != after[name]}
    assert after.keys() == before.keys()
    assert changed == {str(path.relative_to(team.folder / "baselines"))}


def test_a_shared_calibration_image_is_refused(team: Team) -> None:
    data = pickle.loads((EMBEDDED / "evaluation.bin").read_bytes())
    folder = team.folder / "leak"
    folder.mkdir()
    (folder / "leaked.jpg").write_bytes(data[0][0])
    (team.folder / "datasets" / "embedded-calibration.toml").write_text(
        'id = "embedded-calibration"\nkind = "folder"\nfolder = "../leak"\n'
    )
    result = team.gates("--modes=int8_static_qdq", "--report-names")
    assert result.returncode == 1
    assert "leaked.jpg" in result.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--models=arcface-embeded"], "did you mean 'arcface-embedded'"),
        (["--modes=int8-dynamic"], "did you mean 'int8_dynamic'"),
        (["--provider=cdua"], "--provider: there is no 'cdua'"),
    ],
)
def test_a_misspelt_id_names_the_nearest(team: Team, options: list[str], words: str) -> None:
    result = team.gates(*options)
    assert result.returncode == 4
    assert words in result.stdout


def test_collecting_loads_no_runtime(team: Team) -> None:
    code = (
        "import sys, pytest; pytest.main(['--pyargs', 'suite.gates', '--catalog=.', "
        "'--collect-only', '-q', '-p', 'no:cacheprovider']); "
        "print([m for m in ('onnxruntime', 'onnx', 'cv2', 'sklearn') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=team.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip().endswith("[]")


def test_the_plugin_is_inert_where_no_gate_is_selected(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text("def test_mine():\n    pass\n")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0
    assert "face-quant" not in result.stdout
    assert not (tmp_path / "face-quant-report").exists()


def test_an_fp32_that_gives_nan_fails_each_gate_by_name_and_is_never_accepted(team: Team) -> None:
    model = onnx.load(SOURCE)
    change(model, "BatchNormalization", 2, lambda bias: np.full_like(bias, np.nan))
    broken = team.folder / "nan.onnx"
    onnx.save(model, broken)
    source = SOURCE
    team.edit(team.card(), str(source), str(broken))
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (source, broken)]
    team.edit(team.card(), *digests)
    shutil.rmtree(team.folder / "baselines")
    assert team.gates("--snapshot-update", "--modes=fp32").returncode == 1
    failed = team.failed()
    assert "NaN" in failed["fingerprint fp32"]
    assert "NaN in 1,200 of 1,200 distances" in failed["verification fp32"]
    assert not list(team.folder.rglob("fp32.json"))


def test_faces_are_in_a_report_that_asks_for_them_and_says_so(team: Team) -> None:
    some = ("--modes=fp32,int8_dynamic", "-k", "verification")
    page = team.folder / "face-quant-report" / "report.html"
    assert team.gates(*some).returncode == 0
    assert "data:image" not in page.read_text()
    shutil.rmtree(page.parent)
    shown = team.gates(*some, "--report-faces")
    assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
    assert "this report holds pictures of faces, which are biometric data" in shown.stdout
    text = page.read_text()
    assert text.count("data:image/jpeg;base64,/9j/") >= 8
    assert "evaluation.bin[" not in text and "some.bin[" not in text
    assert "- This report holds pictures of faces, " in team.markdown


def test_the_tuned_mode_is_gated_once_a_card_names_it(team: Team) -> None:
    card = team.card(MODEL)
    team.edit(card, "flip =", 'further_modes = ["int8_static_tuned"]\nflip =')
    only = ("-k", "int8_static_tuned and not latency")
    assert team.gates(*only, "--snapshot-update").returncode == 0
    assert team.gates(*only).returncode == 0
    steps = {
        taken["step"]: taken
        for record in team.report["records"]
        if record["gate"] == "artifact"
        for taken in record["measured"]["steps"]
    }
    assert steps["equalize"]["places"] and 0 < steps["equalize"]["difference"] < 1e-5
    assert re.search(r"\| int8_static_tuned \| +prelu_as_max \| +4 \|", team.markdown)
