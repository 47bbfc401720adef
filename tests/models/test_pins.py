"""Hashes that were trusted when they were first seen."""

import json
import os
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


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "key 'a' (it is inf) must be a finite number"),
        (b'{"csv": 1}', "key 'csv' (it is 1) must be a valid string"),
        (b'{"a\\ud800": "x"}', "it is no text in Unicode"),
        (b'{"a": NaN}', "key 'a' (it is nan) must be a finite number"),
        (b'{"' + b"k" * 100_000 + b'": 1}', f"key '{'k' * 100}…' (it is 1) must be a valid string"),
        ("{}".encode("utf-16"), "it is not text in UTF-8"),
    ],
    ids=["deep", "long", "kind", "surrogate", "nan", "key", "utf-16"],
)
def test_whatever_pins_hold_is_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / PINS).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        pinned(tmp_path / "net.onnx")
    message = str(caught.value)
    assert message.startswith(
        f"{tmp_path / PINS}: is not a readable list of pinned hashes: {words}"
    )
    assert message.isprintable() and len(message) < 500


def test_a_pipe_holds_no_pins(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / PINS)
    with pytest.raises(ModelError, match="it is no file"):
        pinned(tmp_path / "net.onnx")
