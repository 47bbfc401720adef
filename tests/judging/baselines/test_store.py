import json
import os
import tempfile
import threading
from pathlib import Path

import pytest

from suite.catalog.errors import BaselineError, SuiteError
from suite.judging.baselines.store import (
    BaselineFile,
    _readable,
    all_files,
    read_sections,
    remove_sections,
    serving_file,
    write_section,
)
from suite.judging.judgement import FORMAT


def entry(value: float) -> dict:
    return {
        "identity": {"source": "a"},
        "figures": {"accuracy": value},
        "samples": {"tensor": [1.5, 2.5]},
        "versions": {},
    }


def test_writing_one_section_leaves_every_other_line(tmp_path: Path) -> None:
    path = tmp_path / "cpu" / "model" / "fp32.json"
    write_section(path, "artifact", entry(1))
    write_section(path, "verification.x", entry(0.5))
    before = path.read_text().splitlines()
    write_section(path, "verification.x", entry(0.25))
    after = path.read_text().splitlines()
    assert [a for a, b in zip(before, after, strict=True) if a != b] == ['        "accuracy": 0.5']
    write_section(path, "verification.x", entry(0.5))
    assert path.read_text().splitlines() == before


def test_a_file_whose_last_section_goes_leaves_no_folder(tmp_path: Path) -> None:
    gone, kept = (tmp_path / profile / "m" / "int8.json" for profile in ("cpu-avx2", "cpu-vnni"))
    for path in (gone, kept):
        write_section(path, "artifact", entry(1))
    write_section(kept.with_name("fp32.json"), "artifact", entry(1))
    for path in (gone, kept):
        remove_sections(path, ["artifact"])
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert left == ["cpu-vnni", "cpu-vnni/m", "cpu-vnni/m/fp32.json"]


def test_a_list_of_numbers_stays_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_section(path, "fingerprint", entry(1))
    assert '"tensor": [1.5, 2.5]' in path.read_text()


def test_writers_of_one_file_lose_nothing_and_leave_nothing(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = tmp_path / "a.json"
    threads = [
        threading.Thread(target=write_section, args=(path, f"section.{i}", entry(i / 24)))
        for i in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_sections(path)) == 24
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def refusal(path: Path) -> str:
    with pytest.raises(BaselineError) as caught:
        read_sections(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: is not a readable baseline: ")
    advice = "; restore it from version control, or delete it and accept anew with "
    assert said.endswith(f"{advice}--snapshot-update.")
    return said.removeprefix(f"{path}: is not a readable baseline: ").partition(advice)[0]


SIZE = '"figures": {"size_bytes": 10}'
GOOD = f"""{{"format": 1, "sections": {{"artifact": {{
    "identity": {{"source": "a", "batch": 1}}, {SIZE}, "samples": {{"tensor": [1.5, -2]}},
    "versions": {{"numpy": "2.0"}}
}}}}}}"""
KEY = "key 'sections.artifact."
FINITE = "must be a finite number"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (SIZE, '"figures": {"size_bytes": NaN}', f"{KEY}figures.size_bytes' (it is nan) {FINITE}"),
        (SIZE, '"figures": {"eer": Infinity}', f"{KEY}figures.eer' (it is inf) {FINITE}"),
        (SIZE, '"figures": {"eer": -1e999}', f"{KEY}figures.eer' (it is -inf) {FINITE}"),
        pytest.param(
            SIZE,
            f'"figures": {{"eer": {"9" * 400}}}',
            f"{KEY}figures.eer' (it is inf) {FINITE}",
            id="400 digits",
        ),
        pytest.param(
            SIZE,
            f'"figures": {{"eer": {"9" * 9999}}}',
            f"{KEY}figures.eer' (it is inf) {FINITE}",
            id="9999 digits",
        ),
        ("-2", "NaN", f"{KEY}samples.tensor.1' (it is nan) {FINITE}"),
        (SIZE, '"figures": {"eer": null}', f"{KEY}figures.eer' must be a valid number"),
        (SIZE, '"figures": {"eer": "1"}', f"{KEY}figures.eer' (it is '1') must be a valid number"),
        (
            SIZE,
            '"figures": {"eer": true}',
            f"{KEY}figures.eer' (it is True) must be a valid number",
        ),
        (SIZE, '"figures": [["eer", 1]]', f"{KEY}figures' must be a table"),
        (SIZE, '"figures": null', f"{KEY}figures' must be a table"),
        (f"{SIZE}, ", "", f"{KEY}figures' is missing"),
        (SIZE, f'{SIZE}, "x": 1', f"{KEY}x' (it is 1) is unknown"),
        ("[1.5, -2]", "1.5", f"{KEY}samples.tensor' (it is 1.5) must be a list"),
        ('{"source": "a", "batch": 1}', '[["batch", 1]]', f"{KEY}identity' must be a table"),
        ('"batch": 1', '"batch": [1]', f"{KEY}identity.batch' must be text or an integer"),
        ('"batch": 1', '"batch": null', f"{KEY}identity.batch' must be text or an integer"),
        (
            SIZE,
            f'{SIZE}, "identified": {{"recipe": {{"per_channel": null}}}}',
            f"{KEY}identified.recipe.per_channel' must be text, a number, true or false",
        ),
        (SIZE, f'{SIZE}, "identified": []', f"{KEY}identified' must be a table"),
        (SIZE, f'{SIZE}, "on_request": 1', f"{KEY}on_request' (it is 1) must be true or false"),
        ('"2.0"', "2.0", f"{KEY}versions.numpy' (it is 2.0) must be a valid string"),
        ("-2]", "-2]]", "it is not valid JSON (Expecting ',' delimiter, line 2, column 108)"),
        ('"batch": 1', '"batch": 1, "batch": 1', f"{KEY}identity.batch' is there twice"),
        ('"a"', '"\\ud800"', f"{KEY}identity.source' is no text in Unicode"),
        ('"a"', '"\0"', "it is not valid JSON (Invalid control character at, line 2, column 29)"),
        ('"source"', '"\\udfff"', f"{KEY}identity' is no text in Unicode"),
    ],
)
def test_what_leaves_something_open_is_refused_by_its_key(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(GOOD)
    assert list(read_sections(path)) == ["artifact"]
    assert GOOD.count(old) == 1
    path.write_text(GOOD.replace(old, new))
    assert refusal(path) == said


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("tar_at_far_1e-3", 1.4, "can never be above 1"),
        ("accuracy", -0.1, "can never be below 0"),
        ("accuracy_std", 0.6, "can never be above 0.5"),
        ("cosine_worst", 3.0, "can never be above 1"),
        ("cosine_worst", -1.1, "can never be below -1"),
        ("eer_threshold", 4.1, "can never be above 4"),
        ("size_bytes", -1.0, "must be above 0"),
        ("size_bytes", 0.0, "must be above 0"),
        ("speedup", 0.0, "must be above 0"),
        ("quantized_ops", -1.0, "can never be below 0"),
        ("float_ops", -1.0, "can never be below 0"),
    ],
)
def test_a_figure_that_cannot_be_is_refused_by_its_key(
    tmp_path: Path, name: str, value: float, why: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(GOOD.replace(SIZE, f'"figures": {{"{name}": {value}}}'))
    assert refusal(path) == f"{KEY}figures.{name}' (it is {value}) {why}"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("", f"{KEY}limits' is missing"),
        (', "limits": null', f"{KEY}limits' is missing"),
        (', "limits": []', f"{KEY}limits' must be a table"),
        (', "limits": {"loss": {"eer": NaN}}', f"{KEY}limits.loss.eer' (it is nan) {FINITE}"),
        (
            ', "limits": {"tolerances": {"eer": -1}}',
            f"{KEY}limits.tolerances.eer' (it is -1) must be greater than or equal to 0",
        ),
        (', "limits": {"floors": {}}', f"{KEY}limits.floors' is unknown"),
        (', "limits": {}', f"{KEY}limits.tolerances.size_bytes' is missing"),
    ],
)
def test_limits_that_leave_something_open_are_refused(
    tmp_path: Path, limits: str, said: str
) -> None:
    path = tmp_path / "a.json"
    held = '"limits": {"tolerances": {"size_bytes": 0.01, "tensor": 0.01}}'
    path.write_text(GOOD.replace(SIZE, f'{SIZE}, "format": 2, {held}'))
    assert list(read_sections(path)) == ["artifact"]
    path.write_text(GOOD.replace(SIZE, f'{SIZE}, "format": 2{limits}'))
    assert refusal(path) == said


def test_figures_at_the_ends_of_their_ranges_are_read(tmp_path: Path) -> None:
    ends = '"accuracy": 1, "eer": 0, "cosine_worst": -1.0000001, "accuracy_threshold": 4'
    path = tmp_path / "a.json"
    path.write_text(GOOD.replace(SIZE, f'"figures": {{{ends}}}'))
    assert len(read_sections(path)["artifact"]["figures"]) == 4


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"\n", "it is empty"),
        (b"{", "it is not valid JSON"),
        (GOOD[:-40].encode(), "it is not valid JSON"),
        (b"\0", "it is not valid JSON"),
        (b"\xff\xfe{\0}\0", "it is not text in UTF-8"),
        (b"[]", "it must be a table"),
        (b"null", "it must be a table"),
        (b"NaN", "it must be a finite number"),
        (b'"\\ud800"', "it is no text in Unicode"),
        pytest.param(b"[" * 100_000, "it is nested too deeply", id="deep"),
        (b"[" * 40 + b"]" * 40, "it is nested too deeply"),
        (b'{"format": 1}', "key 'sections' is missing"),
        (b'{"format": 1, "sections": null}', "key 'sections' must be a table"),
        (b'{"format": 1, "sections": {}}', "key 'sections' must have at least one entry"),
        (b'{"format": 1, "sections": {"a": null}}', "key 'sections.a' must be a table"),
        (b'{"format": 1, "sections": {"a": []}}', "key 'sections.a' must be a table"),
        (b'{"format": 99, "sections": {"a": {}}}', "key 'format' (it is 99) must be 1"),
        (
            b'{"format": 1, "sections": {"a": {"format": null}}}',
            "key 'sections.a.format' must be an integer of 1 or more",
        ),
        (
            b'{"format": 1, "sections": {"a": {"format": 0}}}',
            "key 'sections.a.format' (it is 0) must be an integer of 1 or more",
        ),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    assert refusal(path).startswith(said)


def test_what_lies_in_a_baselines_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    assert refusal(tmp_path / "folder.json") == "it is no file"
    os.mkfifo(tmp_path / "pipe.json")
    assert refusal(tmp_path / "pipe.json") == "it is no file"
    (tmp_path / "link.json").symlink_to(tmp_path / "nowhere")
    assert refusal(tmp_path / "link.json") == "it is a link to nothing"
    (tmp_path / "cpu").touch()
    assert refusal(tmp_path / "cpu" / "a.json") == "a file lies where a folder must be"
    assert read_sections(tmp_path / "absent" / "a.json") == {}


def test_what_lies_in_a_baselines_place_is_not_taken_for_absent(tmp_path: Path) -> None:
    kin = BaselineFile(tmp_path, "cpu-vnni", "m", "int8")
    write_section(kin.path, "artifact", entry(1))
    assert serving_file(tmp_path, "cpu-amx", "m", "int8") == kin
    own = BaselineFile(tmp_path, "cpu-amx", "m", "int8")
    own.path.mkdir(parents=True)
    assert serving_file(tmp_path, "cpu-amx", "m", "int8") == own
    with pytest.raises(BaselineError, match="it is no file"):
        own.entry("artifact")


def test_one_damaged_section_spoils_its_file_and_no_other(tmp_path: Path) -> None:
    broken, whole = (BaselineFile(tmp_path, "cpu", model, "fp32") for model in ("broken", "whole"))
    for file in (broken, whole):
        write_section(file.path, "artifact", entry(1))
    text = broken.path.read_text()
    broken.path.write_text(text.replace('"sections": {', '"sections": {"latency.x": null,'))
    with pytest.raises(BaselineError, match=r"key 'sections\.latency\.x' must be a table"):
        broken.entry("artifact")
    assert whole.entry("artifact").figures == {"accuracy": 1}


def test_profiles_that_accepted_a_section_are_found(tmp_path: Path) -> None:
    for profile in ("cpu-vnni", "cpu-avx2"):
        write_section(tmp_path / profile / "m" / "int8.json", "artifact", entry(1))
    file = BaselineFile(tmp_path, "cpu-arm", "m", "int8")
    assert file.profiles_with("artifact") == ["cpu-avx2", "cpu-vnni"]
    assert file.profiles_with("other") == []


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_section(path, "artifact", entry(1))
    assert read_sections(path)["artifact"]["figures"] == {"accuracy": 1}
    write_section(path, "artifact", entry(0.5))
    assert read_sections(path)["artifact"]["figures"] == {"accuracy": 0.5}


def test_what_a_newer_suite_accepted_says_so(tmp_path: Path) -> None:
    file = BaselineFile(tmp_path, "cpu", "m", "fp32")
    write_section(file.path, "artifact", {**entry(1), "format": 99})
    with pytest.raises(BaselineError, match=r"accepted by a newer suite \(format 99"):
        file.entry("artifact")


def test_a_file_is_as_old_as_its_oldest_section(tmp_path: Path) -> None:
    file = BaselineFile(tmp_path, "cpu", "m", "fp32")
    assert file.format == FORMAT
    write_section(file.path, "fidelity.x", {**entry(1), "format": 99})
    assert file.format == 99
    # A suite of format 99 that accepts one gate says nothing of the gates that it did not run.
    write_section(file.path, "artifact", entry(1))
    assert file.format == 1


@pytest.mark.parametrize("refused", ["", "cpu", "cpu/net"])
def test_baselines_that_this_user_may_not_list_are_named(
    tmp_path: Path, forbid, refused: str
) -> None:
    (tmp_path / "cpu" / "net").mkdir(parents=True)
    (tmp_path / "cpu" / "net" / "fp32.json").touch()
    (found,) = all_files(tmp_path)
    assert (found.profile, found.model, found.mode) == ("cpu", "net", "fp32")
    forbid(tmp_path / refused)
    with pytest.raises(SuiteError, match=r"the system refuses it \(Permission denied\)"):
        list(all_files(tmp_path))


def test_nothing_is_accepted_where_a_planted_link_leads(tmp_path: Path) -> None:
    theirs, root = tmp_path / "theirs", tmp_path / "baselines"
    for folder in (theirs / "m", root / "cpu"):
        folder.mkdir(parents=True)
    (root / "cpu-vnni").symlink_to(theirs)
    (root / "cpu" / "m").symlink_to(theirs / "m")
    for profile in ("cpu-vnni", "cpu"):
        with pytest.raises(BaselineError, match=r"leads out of .* by a link, where nothing is"):
            write_section(root / profile / "m" / "fp32.json", "artifact", entry(1.0))
    (root / "cpu-amx").symlink_to("cpu-avx2")
    (root / "cpu-avx2").mkdir()
    write_section(root / "cpu-amx" / "m" / "fp32.json", "artifact", entry(1.0))
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "baselines").symlink_to(theirs)
    with pytest.raises(BaselineError, match=r"leads out of .* by a link, where nothing is"):
        write_section(tmp_path / "catalog/baselines/cpu/m/fp32.json", "artifact", entry(1.0))
    assert list(theirs.rglob("*.json")) == []
    assert (root / "cpu-avx2" / "m" / "fp32.json").is_file()


def test_brackets_in_a_name_stay_as_they_are() -> None:
    document = {"in_float": ["conv[ 0 ]", "see [a,  b]"], "tensor": [1.5, 2.5]}
    text = _readable(document)
    assert json.loads(text) == document
    assert '"tensor": [1.5, 2.5]' in text
