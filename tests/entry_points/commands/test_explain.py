"""The command that says which layers lose: embedded, built and brought."""

from pathlib import Path

import onnx
import pytest
from team import MODEL, Team, copy_catalog

from suite.entry_points.commands.main import main
from suite.report.layers import FOLDER, Layers, read_layers

MODE = "int8_static_qdq"


@pytest.fixture
def team(cache: Path, tmp_path: Path) -> Team:
    copy_catalog(tmp_path, MODEL)
    return Team(tmp_path, cache)


def explain(team: Team, *options: str, model: str = MODEL) -> int:
    return main(
        [
            *("explain", f"--model={model}", f"--catalog={team.folder}"),
            *(f"--artifact-cache={team.cache}", f"--report-dir={team.folder / 'report'}"),
            *options,
        ]
    )


def written(team: Team) -> Layers:
    (layers,) = read_layers(team.folder / "report").found
    return layers


def refusal(team: Team, capsys: pytest.CaptureFixture[str], *options: str, **rest: str) -> str:
    assert explain(team, *options, **rest) != 0
    printed = capsys.readouterr()
    assert not (team.folder / "report").exists()
    assert "Traceback" not in printed.err
    return " ".join((printed.err + printed.out).split())


def test_layers_of_an_embedded_model_are_weighed_printed_and_written(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(team) == 0
    printed = capsys.readouterr().out.splitlines()
    layers = written(team)
    file = team.folder / "report" / FOLDER / f"{MODEL}.{MODE}.json"
    assert printed[-1] == f"{file}: written"
    assert (layers.model, layers.mode, layers.provider) == (MODEL, MODE, "cpu")
    assert len(layers.layers) == 15 and not layers.kept_in_float and not layers.untold
    assert layers.calibrated_on and layers.calibrated_on >= layers.weighed_on > 10
    assert sum(layer.share for layer in layers.layers) == pytest.approx(1)
    assert 0 < layers.loss < 0.01
    names = [line.split()[0] for line in printed[1:16]]
    assert names == [layer.name for layer in layers.by_loss]
    # What was weighed once is taken from the cache: only times are measured anew.
    assert explain(team, "--all") == 0
    again = written(team)
    assert [layer.alone for layer in again.layers] == [layer.alone for layer in layers.layers]
    assert again.artifact_sha256 == layers.artifact_sha256


def test_nothing_is_written_where_a_planted_link_leads(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    (team.folder / "theirs").mkdir()
    (team.folder / "report").mkdir()
    (team.folder / "report" / FOLDER).symlink_to(team.folder / "theirs")
    assert explain(team) != 0
    assert "is a link to elsewhere, where nothing is kept" in capsys.readouterr().err
    assert not list((team.folder / "theirs").iterdir())


def test_an_artifact_that_is_brought_is_weighed_on_calibration_faces(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    team.bring(MODE, team.built(MODE))
    assert explain(team) == 0
    layers = written(team)
    assert len(layers.layers) == 15
    assert layers.calibrated_on is None and 10 < layers.weighed_on <= 32
    assert capsys.readouterr().out.count("\n") > 16


def test_of_a_brought_artifact_whose_layers_cannot_be_told_it_says_so(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    network = onnx.load(team.built(MODE))
    kept = {value.name for value in (*network.graph.input, *network.graph.output)}
    for at, node in enumerate(network.graph.node):
        node.name = f"n{at}"
        for names in (node.input, node.output):
            names[:] = [name if name in kept or not name else f"{name}_2" for name in names]
    for tensor in network.graph.initializer:
        tensor.name = f"{tensor.name}_2"
    onnx.save(network, team.folder / "renamed.onnx")
    team.bring(MODE, team.folder / "renamed.onnx")
    said = refusal(team, capsys)
    assert (
        "renamed.onnx: no layer of it can be told in 8 bits from the source: it must keep" in said
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--mode=int8_static_qdx",), "--mode: there is no 'int8_static_qdx'"),
        (("--mode=fp32",), "mode fp32 quantizes no layers: name one in 8 bits."),
        (("--mode=fp32_prepared",), "mode fp32_prepared quantizes no layers: name one in 8 bits."),
        (("--mode=fp16",), "mode fp16 quantizes no layers: name one in 8 bits."),
    ],
)
def test_a_mode_without_layers_in_8_bits_is_refused(
    options: tuple[str, ...], said: str, team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refusal(team, capsys, *options)


def test_an_unknown_model_is_refused_with_the_nearest(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(team, capsys, model="arcface-embeded")
    assert f"--model: there is no 'arcface-embeded'; did you mean {MODEL!r}" in said


def test_without_a_calibration_set_it_says_which_key_is_missing(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = team.card().read_text().splitlines()
    team.card().write_text(
        "\n".join(line for line in lines if not line.startswith("calibration")) + "\n"
    )
    said = refusal(team, capsys, "--mode=int8_dynamic")
    assert "names no calibration set, on whose faces layers are weighed: name one." in said


def test_a_report_that_cannot_be_written_says_so(
    team: Team, capsys: pytest.CaptureFixture[str]
) -> None:
    (team.folder / "report").write_text("a file")
    assert explain(team, "--mode=int8_dynamic") != 0
    said = capsys.readouterr().err
    assert "cannot be written (" in said and "give another folder with --report-dir." in said
