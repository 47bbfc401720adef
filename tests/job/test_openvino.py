"""OpenVINO on a plain CPU: its job, and what happens when it lacks an op or a device."""

import hashlib
import shutil
from pathlib import Path

import onnx
import onnxruntime as ort
import pytest
from onnx import helper
from team import MODEL, SOME_PAIRS, SOURCE, Team, copy_catalog

from suite.entry_points.commands.main import main
from suite.report.fp32_apart import fp32_apart
from suite.report.reading import read_report

pytestmark = pytest.mark.skipif(
    "OpenVINOExecutionProvider" not in ort.get_available_providers(),
    reason="this onnxruntime is a wheel without OpenVINO: tox -e openvino",
)
PROVIDER = "--provider=openvino"


@pytest.fixture
def team(cache: Path, tmp_path: Path) -> Team:
    copy_catalog(tmp_path, MODEL, pairs=SOME_PAIRS)
    return Team(tmp_path, cache)


def records(team: Team) -> dict[str, dict]:
    return {f"{r['gate']} {r['mode']}": r for r in team.report["records"]}


def test_the_job_is_accepted_on_a_profile_of_its_own(team: Team) -> None:
    accepted = team.run(PROVIDER, "--snapshot-update")
    assert accepted.returncode == 0, accepted.stdout
    result = team.run(PROVIDER)
    assert result.returncode == 0, result.stdout
    found = records(team)
    assert found["artifact int8_dynamic"]["outcome"] == "not applicable"
    assert found["verification int8_static_qdq"]["outcome"] == "pass"
    assert found["verification int8_static_qdq"]["profile"].startswith("openvino-cpu-")
    placed = found["placement int8_static_qdq"]["measured"]["observed"]
    assert placed["nodes"] > placed["kernels"] > 0, "OpenVINO fuses the nodes that it got"
    assert placed["nodes_elsewhere"] == placed["time_elsewhere"] == 0


def test_an_op_that_openvino_lacks_is_named_by_its_node(team: Team) -> None:
    model = onnx.load(SOURCE)
    (output,) = model.graph.output
    last = next(node for node in model.graph.node if output.name in node.output)
    last.output[0] = "unscaled"
    scaler = helper.make_node(
        "Scaler",
        ["unscaled"],
        [output.name],
        "the_odd_one",
        domain="ai.onnx.ml",
        offset=[0.0],
        scale=[1.0],
    )
    model.graph.node.append(scaler)
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    path = team.folder / "odd.onnx"
    onnx.save(model, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    accepted = hashlib.sha256(SOURCE.read_bytes()).hexdigest()
    team.edit(team.card(), f'file = "{SOURCE}"', 'file = "../odd.onnx"')
    team.edit(team.card(), accepted, digest)
    result = team.run(PROVIDER, "--modes=fp32", "--snapshot-update")
    assert result.returncode == 1
    found = records(team)
    assert {r["outcome"] for r in found.values()} == {"fail"}
    assert "the_odd_one (Scaler)" in found["placement fp32"]["headline"]
    assert "do not run on OpenVINOExecutionProvider" in result.stdout
    (stray,) = found["placement fp32"]["measured"]["strays"]
    assert stray["provider"] == "CPUExecutionProvider"
    assert "the_odd_one" in team.markdown
    assert not (team.folder / "baselines").exists()
    # The same network is nothing odd on the CPU.
    assert team.gates("--modes=fp32", "--snapshot-update").returncode == 0


def test_cuda_is_refused_with_the_reason(team: Team) -> None:
    result = team.run("--provider=cuda")
    assert result.returncode == 4
    assert "is a wheel without CUDAExecutionProvider" in result.stdout


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        # OpenVINO itself falls to onnxruntime's CPU kernels with a line in its log.
        ('device_type = "GPU"', "[OpenVINO] Device GPU is not available"),
        ('device_type = "CPU"\nbogus = "1"', "Invalid OpenVINO EP option: bogus"),
        ('device_type = "CPU"\nload_config = "/nowhere.json"', "JSON parsing error: "),
        ('device_type = "CPU"\nnum_streams = "-3"', "Wrong value for property key NUM_STREAMS"),
    ],
)
def test_what_openvino_refuses_is_said_in_its_own_words(
    team: Team, option: str, reason: str
) -> None:
    built_in = Path(__file__).resolve().parents[2] / "fixtures" / "providers" / "openvino.toml"
    (team.folder / "providers").mkdir()
    shutil.copy(built_in, team.folder / "providers")
    team.edit(team.folder / "providers" / "openvino.toml", 'device_type = "CPU"', option)
    result = team.run(PROVIDER)
    assert result.returncode == 4, result.stdout
    (said,) = (line for line in result.stdout.splitlines() if "--provider openvino: " in line)
    assert reason in said
    assert "look at [options] in " in said
    assert not (team.folder / "face-quant-report").exists()


def test_cpu_and_openvino_are_merged_side_by_side(team: Team) -> None:
    only = ("-k", "fingerprint or artifact", "--modes=fp32,int8_static_qdq")
    for provider in ("cpu", "openvino"):
        options = (f"--provider={provider}", f"--report-dir={provider}", "--snapshot-update")
        result = team.run(*only, *options)
        assert result.returncode == 0, result.stdout
    folders = [str(team.folder / name) for name in ("openvino", "cpu")]
    assert main(["merge", *folders, f"--report-dir={team.folder / 'both'}"]) == 0
    report = read_report(team.folder / "both")
    assert [each.provider for each in report.environments] == ["cpu", "openvino"]
    (apart,) = fp32_apart(report.records)
    assert apart.cosine == pytest.approx(1, abs=1e-6)
    assert 0 < apart.difference < 1e-5
    assert apart.fed == 0
