"""Somebody's results, of which no other parser is: figures stay within what they can be."""

import json
import math
from pathlib import Path

from suite.catalog.errors import one_line
from suite.reference.claim import SHARES, Reading
from suite.reference.reading import read_results
from suite.reference.table import Known
from tests.fuzz.mutators import TEXT
from tests.fuzz.target import Mutant, Target, Verdict
from tests.fuzz.targets.documents import odd_key, odd_value

_NOTES = Path(__file__).parents[2] / "reference" / "notes.md"
_MODES = ("fp32", "fp16", "int8_dynamic", "int8_static_qdq", "int8_dynamic_matmul")
_KNOWN = Known(_MODES, ("lfw", "lfw-raw", "agedb-30"))
_TABLE = """# FaceNet (LFW)

| Mode | Accuracy, % | TAR@FAR=1e-3 | ROC AUC | Size (MB) | Latency p50, ms |
|:-----|---:|---|---|---|---|
| FP32 | **99.55** | 0.98 | 0.999 | 89.60 | 34.5 ± 0.4 |
| INT8 QDQ | 99,48 | 97.9 % | 0,998 | 22.9 | 12.1 |
| INT8 dynamic | - | n/a | | 1 234,5 | 126 |
"""


def _markdown() -> list[bytes]:
    return [_NOTES.read_bytes(), _TABLE.encode()]


def _json() -> list[bytes]:
    figures = {"accuracy": 0.9955, "tar_at_far": {"0.001": 0.98}, "roc_auc": 0.999}
    fp32 = {**figures, "size_mb": 89.6, "latency_ms": 34.5}
    by_mode = {"dataset": "lfw", "device": "CPU", "results": {"fp32": fp32, "int8_qdq": figures}}
    listed = [{"mode": "fp32", **figures}, {"mode": "int8_dynamic", "model": "m", **figures}]
    made = (by_mode, listed, {"a": {"b": listed}}, {"fp32": fp32})
    return [json.dumps(each, indent=indent).encode() for each in made for indent in (None, 1)]


def _read(path: Path) -> Reading:
    return read_results(path, _KNOWN)


def _figures_can_be(result: object, mutant: Mutant) -> Verdict:
    assert isinstance(result, Reading)
    for claim in result.claims:
        assert claim.mode in _MODES
        for name, value in claim.figures.items():
            most = 1.0 if name in SHARES else 1e9
            assert math.isfinite(value) and 0 <= value <= most, f"{name} is {value}"
    for words in (*result.mistakes, *result.remarks):
        assert one_line(words).endswith((".", "…")) and "results." in words, words
    return Verdict.SAME if result == mutant.wanted else Verdict.OTHER


TARGETS = (
    Target("results-markdown", "results.md", _markdown, _read, _figures_can_be, mutators=TEXT),
    Target(
        "results-json",
        "results.json",
        _json,
        _read,
        _figures_can_be,
        mutators=(*TEXT, *[odd_value] * 6, *[odd_key] * 4),
    ),
)
