"""Results in Markdown and JSON, in Russian and English, as people write them."""

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.catalog.errors import SuiteError
from suite.catalog.folder import read_catalog
from suite.catalog.model_card import ReferenceRow
from suite.reference.claim import Claim, Reading
from suite.reference.doubts import Beside, doubts_of
from suite.reference.json_results import results_in
from suite.reference.markdown_tables import tables_in
from suite.reference.reading import read_results
from suite.reference.table import Known, claims_of

NOTES = Path(__file__).with_name("notes.md")
MODES = ["fp32", "fp16", "int8_dynamic", "int8_static_qdq"]
KNOWN = Known(MODES, ["lfw", "lfw-raw", "agedb-30"])


def read(folder: Path, content: object, known: Known = KNOWN) -> Reading:
    name, text = (
        ("results.md", content)
        if isinstance(content, str)
        else ("results.json", json.dumps(content, ensure_ascii=False))
    )
    (folder / name).write_text(text, encoding="utf-8")
    return read_results(folder / name, known)


def only(reading: Reading) -> Claim:
    (claim,) = reading.claims
    assert reading.mistakes == ()
    return claim


def test_the_notes_give_the_rows_of_the_built_in_cards() -> None:
    catalog = read_catalog()
    reading = read_results(NOTES, Known(catalog.modes, catalog.datasets))
    cards = ("facenet-vggface2", "adaface-ir50-ms1mv2", "arcface-buffalo-l", "insightface-r50")
    keys = {"mode", "dataset", "title", "doubts"}
    kept = [
        (row.mode, row.model_dump(by_alias=True, exclude_none=True, exclude=keys))
        for card in cards
        for row in catalog.models[card].reference
    ]
    assert [(claim.mode, claim.figures) for claim in reading.claims] == kept
    assert len(kept) == 10
    assert [claim.on_gpu for claim in reading.claims] == [False] * 8 + [True] * 2
    assert [claim.dataset for claim in reading.claims] == ["lfw"] * 8 + [None] * 2
    assert reading.mistakes == ()
    assert reading.remarks == (
        f"{NOTES}: MB was read as 2^20 bytes; give --decimal-megabytes where it is 10^6.",
    )


def test_a_russian_table_with_commas_and_percent(tmp_path: Path) -> None:
    claim = only(
        read(
            tmp_path,
            "## AdaFace (AgeDB-30)\n\n"
            "Модель | Точность, % | TAR при FAR=10⁻³ | Размер, МиБ | Задержка (мс) | Ускорение, ×\n"
            "--- | ---: | ---: | ---: | ---: | ---:\n"
            "**Динамическое INT8** | 96,83 | 78,57 % | 1 041,5 | 7,35 ± 0,2 | 1,5×\n",
        )
    )
    assert claim.mode == "int8_dynamic"
    assert claim.dataset == "agedb-30"
    assert claim.figures == {
        **{"accuracy": 0.9683, "tar_at_far_1e-3": 0.7857, "size_mib": 1041.5, "latency_ms": 7.35}
    }
    assert claim.decimals == {"accuracy": 4, "tar_at_far_1e-3": 4}
    assert claim.speedup == 1.5


@pytest.mark.parametrize(
    ("header", "cell", "mib"),
    [
        ("Size (MB)", "89.61", 89.61),
        ("Size (KiB)", "2048", 2.0),
        ("size_bytes", "1048576", 1.0),
        ("Size", "1.5 GiB", 1536.0),
        ("Size, MiB", "1024 KiB", 1.0),
    ],
)
def test_sizes_are_in_mib(tmp_path: Path, header: str, cell: str, mib: float) -> None:
    table = f"| Mode | {header} |\n|---|---|\n| fp32 | {cell} |\n"
    assert only(read(tmp_path, table)).figures == {"size_mib": mib}


def test_a_megabyte_may_be_decimal(tmp_path: Path) -> None:
    table = "| Mode | Size (MB) |\n|---|---|\n| fp32 | 174.383860 |\n"
    reading = read(tmp_path, table, Known(MODES, [], decimal_bytes=True))
    assert only(reading).figures["size_mib"] == pytest.approx(166.31, abs=0.005)
    assert reading.remarks == ()


def test_percentages_without_a_sign_are_known_by_their_size(tmp_path: Path) -> None:
    table = "| Mode | Acc | AUC |\n|---|---|---|\n| fp32 | 96.83 | 0.99 |\n| fp16 | 96.7 | – |\n"
    reading = read(tmp_path, table)
    assert [claim.figures["accuracy"] for claim in reading.claims] == [0.9683, 0.967]
    assert reading.claims[1].figures == {"accuracy": 0.967}


def test_precision_is_a_mode_where_modes_stand_in_it(tmp_path: Path) -> None:
    table = "| Сеть | Точность | Accuracy |\n|---|---|---|\n| R50 | FP32 | 0.94 |\n"
    claim = only(read(tmp_path, table))
    assert (claim.mode, claim.figures) == ("fp32", {"accuracy": 0.94})


def test_models_of_one_table_are_held_apart(tmp_path: Path) -> None:
    text = "## LFW\n\n| Модель | Режим | Размер, МиБ |\n|---|---|---|\n| FaceNet | FP32 | 90 |\n"
    text += "| FaceNet | статический INT8 | 23 |\n| R50 | FP32 | 166 |\n| R50 | INT8 QDQ | 42 |\n"
    found = read(tmp_path, text).claims
    assert [(claim.about, claim.mode) for claim in found] == [
        *(("LFW: FaceNet", "fp32"), ("LFW: FaceNet", "int8_static_qdq")),
        *(("LFW: R50", "fp32"), ("LFW: R50", "int8_static_qdq")),
    ]
    assert len({claim.table for claim in found}) == 2
    assert {claim.dataset for claim in found} == {"lfw"}


def test_unknown_columns_are_named_once_and_left_out(tmp_path: Path) -> None:
    table = "| Mode | EER | AUC | Latency p95 (ms) |\n|---|---|---|---|\n| fp32 | 1 | 0.9 | 3 |\n"
    reading = read(tmp_path, table)
    assert only(reading).figures == {"roc_auc": 0.9}
    assert reading.remarks == (
        f"{tmp_path / 'results.md'}: line 1: left out, because no [[reference]] row has it: "
        "'EER', 'Latency p95 (ms)'.",
    )


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("0.96x8", "is no number"),
        ("1.2.3,4", "has a point before a comma"),
        ("1.2.3", "is no number"),
        ("-0.5", "is no share between 0 and 1"),
        ("150 %", "is no share between 0 and 1"),
        ("0.9 ms", "has the unit 'ms' of no share"),
    ],
)
def test_a_bad_cell_is_one_sentence_with_its_place(tmp_path: Path, cell: str, words: str) -> None:
    table = f"| Mode | Accuracy |\n|---|---|\n| fp32 | {cell} |\n| fp16 | 0.9 |\n"
    reading = read(tmp_path, table)
    (mistake,) = reading.mistakes
    place = f"{tmp_path / 'results.md'}: line 3, column 'Accuracy': {cell!r} "
    assert mistake.startswith(place + words)
    assert [claim.mode for claim in reading.claims] == ["fp16"]


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("Size (MB)", "3 ms", "has the unit 'ms', which is none of a size"),
        ("Latency (ms)", "0", "must be above 0"),
        ("Latency (ms)", "3 MB", "has the unit 'mb', which is none of a latency"),
    ],
)
def test_a_unit_of_something_else_is_refused(
    tmp_path: Path, column: str, cell: str, words: str
) -> None:
    reading = read(tmp_path, f"| Mode | {column} |\n|---|---|\n| fp32 | {cell} |\n")
    assert words in reading.mistakes[0]
    assert reading.claims == ()


def test_a_row_of_no_mode_is_named(tmp_path: Path) -> None:
    table = "| Mode | Acc |\n|---|---|\n| fp32 | 0.9 |\n| INT8 | 0.8 |\n"
    reading = read(tmp_path, table)
    assert [claim.mode for claim in reading.claims] == ["fp32"]
    assert f"{tmp_path / 'results.md'}: line 4: 'INT8' is no mode; " in reading.mistakes[0]


def test_other_tables_are_passed_over(tmp_path: Path) -> None:
    text = "| Step | Who |\n|---|---|\n| 1 | a |\n\n| Mode | Acc |\n|---|---|\n| fp32 | 0.9 |\n"
    assert only(read(tmp_path, text)).place.endswith("line 7")


def test_a_table_in_which_nothing_is_a_mode_is_one_mistake(tmp_path: Path) -> None:
    reading = read(tmp_path, "| Model | Acc |\n|---|---|\n| R50 | 0.9 |\n| R100 | 0.9 |\n")
    assert len(reading.mistakes) == 1
    assert "line 1: no row names a mode (fp16, fp32, " in reading.mistakes[0]


def test_escaped_bars_and_missing_cells(tmp_path: Path) -> None:
    text = "| Mode | Note | Acc | AUC |\n|---|---|---|---|\n| fp32 | a \\| b | 0.9 |\n"
    assert only(read(tmp_path, text)).figures == {"accuracy": 0.9}


ROW = {"accuracy": 0.9683, "tar_at_far": {"1e-3": 0.7857, "1e-4": 0.7767}, "roc_auc": 0.9927}
SPEED = {"size_mb": 89.61, "latency": {"mean_ms": 7.35, "p95_ms": 9.0}}
FLAT = {
    **{"accuracy": 0.9683, "tar_at_far_1e-3": 0.7857, "tar_at_far_1e-4": 0.7767},
    **{"roc_auc": 0.9927, "size_mib": 89.61, "latency_ms": 7.35},
}


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        ({"dataset": "LFW", "results": {"fp32": {**ROW, **SPEED}}}, "fp32"),
        ({"dataset": "LFW", "models": [{"model": "int8_dynamic", **ROW, **SPEED}]}, "int8_dynamic"),
        ({"lfw": {"int8_qdq": {"metrics": ROW, "benchmark": SPEED}}}, "int8_static_qdq"),
        ([{"mode": "FP32", "dataset": "lfw", **ROW, **SPEED}], "fp32"),
        ({"precision": "fp32", "dataset": "LFW", "metrics": ROW, **SPEED}, "fp32"),
    ],
)
def test_json_of_any_nesting(tmp_path: Path, content: object, mode: str) -> None:
    claim = only(read(tmp_path, content))
    assert (claim.mode, claim.dataset, claim.figures) == (mode, "lfw", FLAT)


def test_a_file_a_mode_is_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "int8_dynamic.json"
    path.write_text(json.dumps({"dataset": "lfw", **ROW}))
    assert only(read_results(path, KNOWN)).mode == "int8_dynamic"


def test_json_keys_of_nothing_and_bad_values_are_named(tmp_path: Path) -> None:
    content = {"fp32": {"accuracy": 1.5, "auc": "0,99", "eer": 0.1}, "fp16": {"accuracy": 0.5}}
    reading = read(tmp_path, content)
    path = tmp_path / "results.json"
    assert reading.mistakes == (
        f"{path}: key 'fp32', column 'accuracy': '1.5' is no share between 0 and 1, nor marked as "
        "a percentage; mend it.",
    )
    assert reading.remarks == (f"{path}: left out, because no [[reference]] row has it: 'eer'.",)
    assert [claim.mode for claim in reading.claims] == ["fp16"]


def test_a_device_says_gpu_where_it_stands(tmp_path: Path) -> None:
    both = {"device": "cuda", "runs": {"fp32": ROW, "fp16": {**ROW, "provider": "CPU"}}}
    assert [claim.on_gpu for claim in read(tmp_path, both).claims] == [True, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no results"),
        ("no table", "holds no results"),
        ("{}", "holds no results"),
        ('{"accuracy": NaN}', "must be a finite number"),
        ('{"a": 1, "a": 2}', "is there twice"),
        ("[" * 5000, "nested too deeply"),
        ('{"accuracy": ', "not valid JSON"),
    ],
)
def test_what_is_no_file_of_results_is_one_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(SuiteError, match=words):
        read_results(path, KNOWN)


def test_bytes_and_absent_files_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_bytes(b"\xff\xfe|")
    with pytest.raises(SuiteError, match="is not text in UTF-8"):
        read_results(tmp_path / "x.md", KNOWN)
    with pytest.raises(SuiteError, match="no such file"):
        read_results(tmp_path / "y.md", KNOWN)


HEADERS = st.sampled_from(
    ["Model", "Точность, %", "TAR@FAR=1e-3", "TAR@FAR=10^-4", "Size (MB)", "Задержка", "x|y", ""]
)
LETTERS = st.text(st.sampled_from('0159.,eE%-+± |`*\\fp32int8 dynamicмс²٣\x00"#\n'), max_size=12)


@given(
    st.lists(HEADERS | LETTERS, min_size=1, max_size=4),
    st.lists(st.lists(LETTERS | st.just("fp32"), min_size=1, max_size=4), max_size=4),
)
def test_whatever_a_table_holds_it_gives_rows_and_sentences(
    headers: list[str], rows: list[list[str]]
) -> None:
    lines = [headers, ["---"] * len(headers), *rows]
    text = "\n".join(" | ".join(line) for line in lines)
    for table in tables_in(text, Path("any.md")):
        holds_rows(claims_of(table, KNOWN))


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | LETTERS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(HEADERS | LETTERS | st.just("fp32"), inner, max_size=4)
    ),
)


@given(VALUES)
def test_whatever_json_holds_it_gives_rows_and_sentences(value: object) -> None:
    for table in results_in(value, Path("any.json"), KNOWN):
        holds_rows(claims_of(table, KNOWN))


def holds_rows(reading: Reading) -> None:
    """Each claim is a row that a card may have, with doubts of whole sentences."""
    for claim in reading.claims:
        doubts = doubts_of(
            claim, Beside([each for each in reading.claims if each.table == claim.table])
        )
        named = {"mode": claim.mode, "dataset": "lfw", "title": "x", "doubts": doubts}
        ReferenceRow.model_validate({**named, **claim.figures})
    assert all(words.endswith(".") for words in (*reading.mistakes, *reading.remarks))


HEADER = "| mode | accuracy |\n|---|---|\n"
KEYS = {f"dataset{' ' * i}": "lfw" for i in range(200)}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("# a" + " " * 1_000_000 + "b", "holds no results"),
        ("# a" + "#" * 1_000_000 + "b", "holds no results"),
        ("# " + "[" * 1_000_000, "holds no results"),
        ("# " + "[a](" * 300_000, "holds no results"),
        (
            "|".join("a" * 300_000) + "\n" + "|".join("-" * 300_000) + "\n" + "|\n" * 9000,
            "line 1 has 300,000 columns; name a file of results.",
        ),
        (
            HEADER + "| fp32 | 0.9 |\n" * 3000,
            "has over 2,000 rows; name a file of results.",
        ),
        (
            {"k" * 300: {"accuracy": 0.9}},
            "has a key of over 256 characters; name a file of results.",
        ),
        ({str(i): 1 for i in range(30_000)}, "has 30,000 keys; name a file of results."),
        (
            {"a": ["x" * (5 << 20)]},
            "is larger than 4 MiB, as no file of its kind is; name another.",
        ),
    ],
    ids=["blanks", "marks", "brackets", "links", "columns", "rows", "key", "keys", "large"],
)
def test_a_small_file_costs_little(tmp_path: Path, content: object, words: str) -> None:
    begun = time.process_time()
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, content)
    assert time.process_time() - begun < 5
    assert words in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_what_is_said_above_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    rows = [{"mode": "fp32", "accuracy": 0.9}] * 2000
    reading = read(tmp_path, {**KEYS, "results": rows})
    assert len(reading.claims) == 2000
    assert reading.claims[0].dataset == "lfw"


def test_a_pipe_is_no_file_of_results(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "results.json")
    with pytest.raises(SuiteError, match="there is no such file"):
        read_results(tmp_path / "results.json", KNOWN)


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("# a #b ##", "a #b"),
        ("###### a", "a"),
        ("####### a", ""),
        ("#a", ""),
        ("# [a](b) `c`", "a c"),
    ],
)
def test_a_heading_is_read_as_markdown_has_it(tmp_path: Path, line: str, heading: str) -> None:
    claim = only(read(tmp_path, f"{line}\n\n{HEADER}| fp32 | 0.9 |\n"))
    assert claim.about == heading
