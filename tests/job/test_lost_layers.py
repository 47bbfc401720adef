"""An accepted artifact is exchanged for one with a broken layer: the red gate names that layer."""

import hashlib
import json
import shutil
from pathlib import Path

import onnx
import pytest
from team import MODEL, Team

from suite.quantization.sensitivity.units import Unit
from suite.quantization.steps.net import Net
from tests.support.broken_layer import BREAKS, Break, broken

MODE = "int8_static_qdq"
SOME = (f"--modes=fp32,{MODE}", "-k", "fidelity or verification or artifact")
FIDELITY = "fidelity.embedded-evaluation"
BROKEN = "/4/body/body.1/Conv"


def layers(team: Team) -> dict[str, float]:
    sections = json.loads(team.baseline(MODE).read_text())["sections"]
    assert [name for name in sections if "layers" in sections[name]] in ([FIDELITY], [])
    return sections[FIDELITY].get("layers", {})


def own(team: Team) -> Path:
    return team.folder / "own.onnx"


def exchange(team: Team, how: Break) -> None:
    """Break a layer of the artifact that the card brings, and name what came of it there."""
    digest = hashlib.sha256(own(team).read_bytes()).hexdigest()
    net = Net.of(onnx.load(own(team)))
    (layer,) = (node for node in net.nodes if node.name == BROKEN)
    made = broken(net, Unit(BROKEN, (layer.output[0],), 0), how)
    assert made is not None
    made.save(own(team))
    team.edit(team.card(), digest, hashlib.sha256(own(team).read_bytes()).hexdigest())


@pytest.fixture
def brought(team: Team) -> Team:
    """A team whose accepted artifact was brought."""
    shutil.copy(team.built(MODE), own(team))
    team.bring(MODE, own(team))
    result = team.gates(*SOME, "--snapshot-update")
    assert result.returncode == 0, result.stdout
    return team


def test_a_broken_layer_is_named_by_the_gate_with_the_artifact(brought: Team) -> None:
    accepted = layers(brought)
    assert len(accepted) == 15 and BROKEN in accepted
    exchange(brought, BREAKS["weights noised"])
    red = brought.gates(*SOME)
    assert red.returncode == 1
    failed = brought.failed()
    for gate in failed:
        assert gate.partition(" ")[0] in ("fidelity", "verification", "artifact")
    said = failed[f"fidelity {MODE}"]
    was = accepted[BROKEN]
    named = f"lost most against accepted (signal-to-noise ratio): layer {BROKEN} ({was}"
    assert f"where: {named}" in said
    assert f"where: the artifact is {own(brought)}" in said
    assert f"; {named}" in red.stdout
    assert BROKEN in brought.markdown
    # The run that was red accepted nothing.
    assert layers(brought) == accepted


def test_a_built_mode_keeps_layers_and_a_green_run_measures_none(team: Team) -> None:
    kept = layers(team)
    assert len(kept) == 15
    before = team.baseline(MODE).read_bytes()
    result = team.gates("-p", "spy", *SOME)
    assert result.returncode == 0, result.stdout
    assert not (team.folder / "builds.txt").exists()
    assert team.baseline(MODE).read_bytes() == before


def test_a_green_run_of_a_brought_artifact_builds_no_network_to_compare_with(
    brought: Team, tmp_path: Path
) -> None:
    empty = Team(brought.folder, tmp_path / "empty")
    result = empty.gates(*SOME)
    assert result.returncode == 0, result.stdout
    assert not list(empty.cache.rglob("model.onnx"))
    exchange(brought, BREAKS["a scale doubled"])
    assert empty.gates(*SOME).returncode == 1
    assert list(empty.cache.rglob("model.onnx"))


def test_a_baseline_without_layers_gets_them_when_it_is_accepted_again(team: Team) -> None:
    kept = layers(team)
    document = json.loads(team.baseline(MODE).read_text())
    del document["sections"][FIDELITY]["layers"]
    team.baseline(MODE).write_text(json.dumps(document, indent=2))
    assert team.gates(*SOME).returncode == 0
    assert layers(team) == {}
    result = team.gates(*SOME, "--snapshot-update")
    assert result.returncode == 0, result.stdout
    assert layers(team) == kept
    # And keeps them where nothing is news.
    before = team.baseline(MODE).read_bytes()
    assert team.gates(*SOME, "--snapshot-update").returncode == 0
    assert team.baseline(MODE).read_bytes() == before


def test_a_red_gate_without_accepted_layers_says_what_weighs_them(brought: Team) -> None:
    document = json.loads(brought.baseline(MODE).read_text())
    del document["sections"][FIDELITY]["layers"]
    brought.baseline(MODE).write_text(json.dumps(document, indent=2))
    exchange(brought, BREAKS["weights noised"])
    assert brought.gates(*SOME).returncode == 1
    said = brought.failed()[f"fidelity {MODE}"]
    explain = f"face-quant-gate explain --model={MODEL} --mode={MODE}"
    assert f"where: no layers were accepted to compare with: {explain}, with this run" in said
    assert f"where: the artifact is {own(brought)}" in said
    # Likewise where it is refused to accept it.
    floor = f"\n[modes.{MODE}.policy.floor]\ncosine_mean = 0.9999\n"
    brought.card().write_text(brought.card().read_text() + floor)
    assert brought.gates(*SOME, "--snapshot-update").returncode == 1
    assert f"where: the artifact is {own(brought)}" in brought.failed()[f"fidelity {MODE}"]


def test_of_an_artifact_whose_layers_cannot_be_told_none_are_kept(brought: Team) -> None:
    network = onnx.load(own(brought))
    digest = hashlib.sha256(own(brought).read_bytes()).hexdigest()
    kept = {value.name for value in (*network.graph.input, *network.graph.output)}
    for at, node in enumerate(network.graph.node):
        node.name = f"n{at}"
        for names in (node.input, node.output):
            names[:] = [name if name in kept or not name else f"{name}_2" for name in names]
    for tensor in network.graph.initializer:
        tensor.name = f"{tensor.name}_2"
    onnx.save(network, own(brought))
    brought.edit(brought.card(), digest, hashlib.sha256(own(brought).read_bytes()).hexdigest())
    result = brought.gates(*SOME, "--snapshot-update")
    assert result.returncode == 0, result.stdout
    assert layers(brought) == {}
