"""The job on a GPU that is not there: what would be asked of one, and what its answers lead to."""

import json
import shutil
from collections.abc import Callable

import pytest
from team import MODEL, ROOT, Team

FAKE = ROOT / "tests" / "support" / "fake_gpu.py"
PROVIDER = "--provider=cuda"


@pytest.fixture
def team(team_of: Callable[..., Team]) -> Team:
    """A team on a GPU, whose FP32 was accepted on the CPU."""
    team = team_of(MODEL)
    for path in (team.folder / "baselines").glob("*/*/int8*.json"):
        path.unlink()
    shutil.copy(FAKE, team.folder)
    (team.folder / "sitecustomize.py").write_text("import fake_gpu\n")
    return team


def records(team: Team) -> dict[str, dict]:
    return {f"{r['gate']} {r['mode']}": r for r in team.report["records"]}


def test_the_job_on_a_gpu(team: Team, monkeypatch) -> None:
    monkeypatch.setenv("SPEED_UP", "1.5")
    before = team.baseline("fp32").read_bytes()
    accepted = team.run(PROVIDER, "--snapshot-update", "-k", "not throughput", "-p", "spy")
    assert accepted.returncode == 0, accepted.stdout
    assert team.baseline("fp32").read_bytes() == before, "the CPU's FP32 serves every provider"
    path = team.folder / "baselines" / "cuda-sm90" / MODEL / "int8_static_qdq.json"
    assert json.loads(path.read_text())["sections"].keys() == {
        *("artifact", "fingerprint"),
        *("fidelity.embedded-evaluation", "verification.embedded-evaluation"),
        *(s for s in json.loads(path.read_text())["sections"] if s.startswith("latency.")),
    }
    result = team.run(PROVIDER, "-k", "not throughput", "-p", "spy")
    assert result.returncode == 0, result.stdout
    found = records(team)
    assert {r["outcome"] for r in found.values()} <= {"pass", "not applicable", "undecided"}
    dynamic = {r["outcome"] for r in found.values() if r["mode"] == "int8_dynamic"}
    assert dynamic == {"not applicable"}
    assert "ConvInteger" in found["artifact int8_dynamic"]["headline"]
    placed = found["placement int8_static_qdq"]["measured"]["observed"]
    assert placed["nodes"] > 100
    assert placed["nodes_elsewhere"] == placed["time_elsewhere"] == placed["memory_copies"] == 0
    section = found["latency int8_static_qdq"]["measured"]["section"]
    assert section.startswith("latency.nvidia-fake-90.onnxruntime-")
    assert team.report["environment"]["device"] == "NVIDIA Fake 90"
    assert team.report["environment"]["profile"] == "cuda-sm90"


def test_nodes_that_fall_back_are_named_and_accept_nothing(team: Team, monkeypatch) -> None:
    before = team.baseline("fp32").read_bytes()
    monkeypatch.setenv("FAKE_GPU_STRAYS", "MatMul,Flatten")
    result = team.run(PROVIDER, "--modes=fp32", "--snapshot-update")
    assert result.returncode == 1
    found = records(team)["placement fp32"]
    assert found["outcome"] == "fail"
    assert "do not run on CUDAExecutionProvider but on CPUExecutionProvider" in found["headline"]
    strays = {s["op_type"]: s for s in found["measured"]["strays"]}
    assert "MatMul" in strays
    assert strays["MatMul"]["name"] in found["headline"]
    assert found["measured"]["observed"]["memory_copies"] == 1
    assert found["measured"]["observed"]["time_elsewhere"] > 0
    assert all(r["outcome"] == "fail" for r in records(team).values())
    assert team.baseline("fp32").read_bytes() == before
    assert not (team.folder / "baselines" / "cuda-sm90").exists()
    assert "Nodes that run elsewhere" in team.markdown


def test_an_op_that_a_mode_lets_run_elsewhere_is_no_fallback(team: Team, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_GPU_STRAYS", "MatMul")
    text = (ROOT / "fixtures" / "modes" / "fp32.toml").read_text()
    (team.folder / "modes").mkdir(exist_ok=True)
    (team.folder / "modes" / "fp32.toml").write_text(
        text + '\n[may_run_elsewhere]\ncuda = ["MatMul"]\n'
    )
    assert team.gates(PROVIDER, "--modes=fp32", "--snapshot-update").returncode == 0
    placed = records(team)["placement fp32"]["measured"]
    assert placed["observed"]["nodes_elsewhere"] == 1
    assert placed["observed"]["nodes_fallen_back"] == 0


def test_a_fallback_within_the_cards_limit_passes_but_is_never_accepted(
    team: Team, monkeypatch
) -> None:
    monkeypatch.setenv("FAKE_GPU_STRAYS", "MatMul")
    shutil.rmtree(team.folder / "baselines")
    text = (ROOT / "fixtures" / "providers" / "cuda.toml").read_text()
    (team.folder / "providers").mkdir(exist_ok=True)
    (team.folder / "providers" / "cuda.toml").write_text(
        text + "\n[placement]\nnodes_elsewhere = 1\n"
    )
    result = team.gates(PROVIDER, "--modes=fp32", "--snapshot-update")
    assert result.returncode == 1
    assert records(team)["placement fp32"]["outcome"] == "pass"
    assert "not accepted: placement: 1 nodes of fp32 fell back" in result.stdout
    assert not (team.folder / "baselines").exists()
    assert not (team.folder / "face-quant-report" / "proposed-baselines").exists()


def test_one_answer_to_two_images_is_never_timed(team: Team, monkeypatch) -> None:
    monkeypatch.setenv("FAKE_GPU_STUCK", "1")
    result = team.run(PROVIDER, "--modes=fp32", "-k", "latency")
    assert result.returncode == 1
    assert "two different images get the same answer" in result.stdout
