"""What the suite itself writes as JSON and reads again, held against Python's own parser."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from suite.catalog.errors import SuiteError, visible
from suite.judging.baselines import store
from suite.judging.baselines.entry import entry_of
from suite.models.pins import PINS, pinned
from suite.report.history import read_history
from suite.report.reading import read_unfinished
from suite.report.records_file import read_records
from tests.fuzz.mutators import TEXT, Mutator
from tests.fuzz.target import Mutant, Target, Verdict

_ROOT = Path(__file__).parents[3]
_REPORT = _ROOT / "tests" / "report" / "versions" / "report-1.json"
_VALUES = (
    *("NaN", "Infinity", "-Infinity", "1e999", "-1", "0", "1e-400", "true", "null", '""', "[]"),
    *("{}", "9" * 5000, "9" * 400, "-0.0", "1.0", '"\\ud800"', '"\\u0000"', '"\\u001b[2J"'),
    *("[" * 2000, "[" * 40 + "]" * 40, '{"a":' * 40 + "1" + "}" * 40, f'"{"x" * 9000}"'),
    *('"pass"', '"fail"', '"fp32"', "[1e308, 1e308]", "[[0.1, 0.2]]", "1e308", "1" + "0" * 19),
)


def odd_value(rng: Random, data: bytes) -> bytes:
    """The value of a key is another."""
    places = [place for place, byte in enumerate(data) if byte == ord(":")]
    if not places:
        return data
    start = rng.choice(places) + 1
    ends = [data.find(mark, start) for mark in (b",", b"\n", b"}")]
    end = min((end for end in ends if end >= 0), default=len(data))
    return data[:start] + rng.choice(_VALUES).encode() + data[end:]


def odd_key(rng: Random, data: bytes) -> bytes:
    """A key more."""
    places = [place for place, byte in enumerate(data) if byte == ord("{")]
    if not places:
        return data
    start = rng.choice(places) + 1
    key = rng.choice(("csv", "format", "", "\\ud800", "\\u001b", "k" * 9000, "verdict", "records"))
    return data[:start] + f'"{key}": {rng.choice(_VALUES)},'.encode() + data[start:]


_MUTATORS: Sequence[Mutator] = (*TEXT, *[odd_value] * 6, *[odd_key] * 4)


def _independent(data: bytes) -> Any:
    """What Python's own parser makes of a text; an integer of many digits is no integer there."""
    return json.loads(data.decode("utf-8-sig"), parse_int=_integer)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= 18 else float(digits)


def _verdict(result: object, wanted: object, mutant: Mutant) -> Verdict:
    assert result == wanted, f"{str(result)[:100]} and not {str(wanted)[:100]}"
    return Verdict.SAME if result == mutant.wanted else Verdict.OTHER


def _baselines() -> list[bytes]:
    files = sorted((_ROOT / "baselines").rglob("*.json"))
    return [file.read_bytes() for file in files[:: max(1, len(files) // 6)]]


def _read_baseline(path: Path) -> object:
    store._read.cache_clear()  # who writes twice within a tick of the clock
    sections = store.read_sections(path)
    for name, data in sections.items():
        entry_of(name, data)
    return sections


def _baseline_is_right(result: object, mutant: Mutant) -> Verdict:
    return _verdict(result, _independent(mutant.data)["sections"], mutant)


def _reports() -> list[bytes]:
    return [_REPORT.read_bytes()]


def _read_report(path: Path) -> object:
    report = read_unfinished(path.parent)
    return report.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _report_is_right(result: object, mutant: Mutant) -> Verdict:
    assert isinstance(result, dict)
    wanted = _independent(mutant.data)
    # Planned gates without a record are added to what did not run.
    return _verdict({**result, "not_run": 0}, {**wanted, "not_run": 0}, mutant)


def _read_records(path: Path) -> object:
    notes: list[str] = []
    records = list(read_records(path.parent, notes))
    if notes:
        raise SuiteError(f"{notes[0]}.")
    return [each.model_dump(mode="json", by_alias=True) for each in records]


def _lines() -> list[bytes]:
    records = json.loads(_REPORT.read_bytes())["records"]
    return [b"".join(json.dumps(each).encode() + b"\n" for each in records)]


def _lines_are_right(result: object, mutant: Mutant) -> Verdict:
    wanted = [_independent(line) for line in mutant.data.splitlines()]
    assert _holds(result, wanted), f"{str(result)[:100]} and not {str(wanted)[:100]}"
    return Verdict.SAME if result == mutant.wanted else Verdict.OTHER


def _holds(result: Any, wanted: Any) -> bool:
    """Whether a result has all that is wanted, its texts spelt out, and defaults besides."""
    if isinstance(wanted, dict):
        names = {key: visible(key) for key in wanted}
        return all(
            name in result and _holds(result[name], wanted[key]) for key, name in names.items()
        )
    if isinstance(wanted, list):
        return len(result) == len(wanted) and all(map(_holds, result, wanted))
    return bool(result == (visible(wanted) if isinstance(wanted, str) else wanted))


def _histories() -> list[bytes]:
    case = {"model": "m", "mode": "int8", "dataset": "lfw", "figures": {"accuracy": 0.99}}
    timed = {**case, "dataset": None, "intervals": {"speedup": [1.5, 2.0]}, "is_fp32": False}
    run = {
        **{
            "version": 1,
            "started": "2026-01-02T03:04:05+00:00",
            "suite": "0.1.0",
            "commit": "a" * 40,
        },
        **{"provider": "cpu", "profile": "cpu-vnni", "device": "d", "verdict": "pass"},
        **{"versions": {"onnxruntime": "1.32.0"}, "cases": [case, timed]},
    }
    return [b"".join([json.dumps(run).encode() + b"\n"] * 3)]


def _read_history(path: Path) -> object:
    history = read_history(path)
    if history.notes:
        raise SuiteError(f"{history.notes[0]}.")
    return [run.model_dump(mode="json", exclude_unset=True) for run in history.runs]


def _history_is_right(result: object, mutant: Mutant) -> Verdict:
    lines = [_independent(line) for line in mutant.data.splitlines() if line.strip()]
    assert isinstance(result, list) and len(result) == len(lines)
    for ours, theirs in zip(result, lines, strict=True):  # what is not known is passed over
        assert all(ours[key] == theirs[key] for key in ours if key != "cases")
    return Verdict.SAME if result == mutant.wanted else Verdict.OTHER


def _pins() -> list[bytes]:
    hashes = {"net.onnx": "a" * 64, "größe.onnx": "0123456789abcdef" * 4}
    return [json.dumps(hashes, indent=indent).encode() for indent in (None, 2)]


def _pins_are_right(result: object, mutant: Mutant) -> Verdict:
    return _verdict(result, _independent(mutant.data).get("net.onnx"), mutant)


def _read_pins(path: Path) -> object:
    return pinned(path.with_name("net.onnx"))


TARGETS = tuple(
    Target(*of, mutators=_MUTATORS)
    for of in (
        ("baseline", "int8.json", _baselines, _read_baseline, _baseline_is_right),
        ("report", "report.json", _reports, _read_report, _report_is_right),
        ("records", "records.jsonl", _lines, _read_records, _lines_are_right),
        ("history", "history.jsonl", _histories, _read_history, _history_is_right),
        ("pins", PINS, _pins, _read_pins, _pins_are_right),
    )
)
