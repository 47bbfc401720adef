"""Hashes that were trusted when they were first seen."""

import json
from pathlib import Path

import pytest

from suite.catalog.errors import ModelError
from suite.models.pins import PINS, pin, pinned


def test_a_pin_is_kept_beside_its_file_with_those_of_others(tmp_path: Path) -> None:
    assert pinned(tmp_path / "b.onnx") is None
    pin(tmp_path / "b.onnx", "2" * 64)
    pin(tmp_path / "a.onnx", "1" * 64)
    pin(tmp_path / "b.onnx", "3" * 64)
    assert pinned(tmp_path / "b.onnx") == "3" * 64
    kept = json.loads((tmp_path / PINS).read_text())
    assert list(kept.items()) == [("a.onnx", "1" * 64), ("b.onnx", "3" * 64)]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "\x00", '{"a": 1}', '{"a": "x"}', "[" * 100_000]
)
def test_pins_that_cannot_be_read_are_named(tmp_path: Path, content: str) -> None:
    (tmp_path / PINS).write_text(content)
    with pytest.raises(ModelError, match=r"pins\.json: is not a readable list of pinned hashes"):
        pinned(tmp_path / "a.onnx")
