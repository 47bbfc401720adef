"""What layers cost, as a file that is read again and as a table."""

import json
from pathlib import Path

import pytest

from suite.catalog import json_file
from suite.catalog.errors import SuiteError
from suite.report.layers import (
    FOLDER,
    LayerCost,
    Layers,
    WeighedLayers,
    copied,
    file_name,
    read_layers,
    said,
    table,
)


def layer(name: str, **figures: float | None) -> LayerCost:
    usual = {
        "share": 0.25,
        "sqnr_db": 38.04,
        "alone": 1e-4,
        "alone_as_run": 1e-4,
        "in_float": 1.9e-3,
        "gain_error": 1e-4,
        "integer_ms": 0.05,
        "float_ms": 0.1,
    }
    return LayerCost(name=name, **{**usual, **figures})


LAYERS = Layers(
    model="m",
    mode="int8",
    provider="cpu",
    profile="cpu-vnni",
    cpu="a CPU",
    onnxruntime="1.32.0",
    artifact_sha256="0" * 64,
    calibrated_on=30,
    weighed_on=32,
    loss=2e-3,
    layers=(
        layer("stem", alone=9e-4, alone_as_run=9e-4, in_float=1e-3, float_ms=0.04),
        layer("body", alone=1e-4, alone_as_run=3e-4, in_float=1.5e-3, float_ms=0.04),
        layer("tail", alone=3e-4, in_float=2.1e-3, float_ms=0.01),
        layer("head", alone=0.0, alone_as_run=0.0, sqnr_db=99.0),
    ),
    kept_in_float=("first",),
)


def written(folder: Path, layers: Layers = LAYERS) -> Path:
    file = folder / FOLDER / file_name(layers.model, layers.mode)
    file.parent.mkdir(exist_ok=True)
    file.write_text(layers.model_dump_json(indent=2))
    return file


def test_what_is_written_is_read_by_the_names_of_the_files(tmp_path: Path) -> None:
    other = LAYERS.model_copy(update={"mode": "another", "calibrated_on": None, "untold": ("x",)})
    written(tmp_path), written(tmp_path, other)
    assert read_layers(tmp_path) == WeighedLayers(found=(other, LAYERS))
    assert {file.name for file in (tmp_path / FOLDER).iterdir()} == {
        "m.int8.json",
        "m.another.json",
    }


def test_a_report_without_layers_has_none(tmp_path: Path) -> None:
    assert read_layers(tmp_path) == WeighedLayers()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema_version": 2}, "schema_version"),
        ({"weighed_on": -1}, "weighed_on"),
        ({"loss": 3}, "loss"),
        ({"layers": [{"name": "a"}]}, "layers.0.share"),
        ({"more": 1}, "more"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(
    change: dict[str, object], reason: str, tmp_path: Path
) -> None:
    file = written(tmp_path)
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    read = read_layers(tmp_path)
    (text,) = read.unread
    assert text.startswith("layers/m.int8.json cannot be read (") and reason in text
    assert text.endswith("): run face-quant-gate explain again, or delete it")
    assert read.found == ()


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_what_is_no_json_of_layers_is_named_too(text: str, tmp_path: Path) -> None:
    file = written(tmp_path)
    file.write_text(text)
    (said_of_it,) = read_layers(tmp_path).unread
    assert said_of_it.startswith("layers/m.int8.json cannot be read (")


def test_a_file_that_nobody_may_look_at_is_passed_over(tmp_path: Path, monkeypatch) -> None:
    def refuse(path: Path) -> bool:
        raise SuiteError(where=path, what="the system refuses it; look at the disk.")

    written(tmp_path)
    monkeypatch.setattr(json_file, "is_file", refuse)
    found = read_layers(tmp_path)
    assert not found.found
    assert found.unread[0].startswith("layers/m.int8.json cannot be read (the system refuses it;")
    assert copied([tmp_path]) == {}


def test_the_table_has_a_row_a_layer_those_that_lose_most_first() -> None:
    header, *rows = list(table(LAYERS))
    assert header.split("  ")[0] == "layer"
    assert [row.split()[0] for row in rows[:4]] == ["stem", "tail", "body", "head"]
    assert rows[0].split() == [
        *("stem", "25.0%", "38.0", "9.00e-04", "–", "1.00e-03", "0.050", "0.040")
    ]
    # What the kernels add to what the file says.
    assert "+2e-04" in rows[2]
    assert rows[4] == ""
    assert rows[5:] == list(said(LAYERS))


def test_a_table_that_is_cut_says_how_many_more_there_are() -> None:
    lines = list(table(LAYERS, 2))
    assert [line.split()[0] for line in lines[1:3]] == ["stem", "tail"]
    assert lines[3] == "… and 2 layers that lose less alone"
    assert list(table(LAYERS, 4)) == list(table(LAYERS))


def test_what_it_says_in_sentences() -> None:
    assert list(said(LAYERS)) == [
        "1 − cosine of the whole is 2.00e-03 on 32 faces; its 4 layers in 8 bits, each alone, add "
        "up to 1.30e-03.",
        "stem alone is 69% of that sum.",
        "In float already: first.",
        "Clearly nearer to FP32 in float, and not clearly slower: stem, body.",
    ]


@pytest.mark.parametrize(
    ("figures", "is_better"),
    [
        ({}, True),
        ({"gain_error": 3.4e-4}, False),
        ({"gain_error": None}, False),
        ({"gain_error": 0.0, "in_float": 2e-3}, False),
        ({"float_ms": 0.056}, False),
    ],
)
def test_what_chance_shows_too_is_not_better(figures: dict[str, float], is_better: bool) -> None:
    usual = {"in_float": 1e-3, "gain_error": 3.3e-4, "float_ms": 0.054}
    assert LAYERS.is_better_in_float(layer("a", **{**usual, **figures})) == is_better


def test_nothing_is_said_of_what_is_not_there() -> None:
    even = tuple(layer(name, alone=1e-4) for name in "abcde")
    plain = LAYERS.model_copy(update={"layers": even, "kept_in_float": ()})
    assert len(list(said(plain))) == 1


def test_layers_that_cannot_be_told_are_not_said_to_be_in_float() -> None:
    layers = LAYERS.model_copy(update={"kept_in_float": (), "untold": ("a", "b")})
    words = list(said(layers))
    assert "Not told from the network in float, and not weighed: a, b." in words
    assert not any(word.startswith("In float already") for word in words)


def test_of_many_better_in_float_three_are_named() -> None:
    many = tuple(layer(f"l{i}", float_ms=0.01, in_float=1e-3 + i * 1e-5) for i in range(5))
    layers = LAYERS.model_copy(update={"layers": many})
    assert list(said(layers))[-1].endswith(
        "in float, and not clearly slower: l0, l1, l2 and 2 more."
    )


def test_what_is_no_file_of_layers_is_not_copied(tmp_path: Path) -> None:
    folder = tmp_path / "run" / FOLDER
    folder.mkdir(parents=True)
    whole = folder / file_name("m", "int8")
    whole.write_text(LAYERS.model_dump_json())
    (tmp_path / "secret").write_text("root:*:0")
    (folder / "a.json").symlink_to(tmp_path / "secret")
    (folder / "b.json").symlink_to(tmp_path / "gone")
    (folder / "c.json").mkdir()
    assert copied([tmp_path / "run"]) == {whole.name: whole.read_text()}
