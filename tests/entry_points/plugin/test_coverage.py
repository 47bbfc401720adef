"""Coverage cannot shrink unseen: each way in which it does, plain and with --require-all."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from forked import fork_pytest
from team import ENVIRONMENT, ROOT, Team

from suite.entry_points.commands.main import main


def delete_card(team: Team) -> None:
    team.card("other").unlink()


def take_off_dataset(team: Team) -> None:
    team.edit(team.card("other"), ', "more-faces"', "")


def take_recipe(team: Team) -> None:
    (team.folder / "modes" / "dynamic.toml").write_text('id = "int8_dynamic"\n')


def make_on_request(team: Team) -> None:
    team.edit(team.card("other"), "untrained", "on_request = true\nuntrained")


def make_mode_on_request(team: Team) -> None:
    text = (ROOT / "fixtures" / "modes" / "int8_dynamic.toml").read_text()
    (team.folder / "modes" / "dynamic.toml").write_text(f"on_request = true\n{text}")


def make_not_applicable(team: Team) -> None:
    (team.folder / "providers").mkdir()
    text = (ROOT / "fixtures" / "providers" / "cpu.toml").read_text()
    text += '\n[not_applicable]\nint8_dynamic = "too slow"\n'
    (team.folder / "providers" / "cpu.toml").write_text(text)


def elsewhere(team: Team) -> Path:
    """What is accepted of INT8, accepted on another profile too."""
    profile = team.baseline("int8_dynamic", "other").parents[1]
    shutil.copytree(profile, profile.with_name("cpu-other"))
    return profile


def delete_file(team: Team) -> None:
    (elsewhere(team) / "other" / "int8_dynamic.json").unlink()


def delete_section(team: Team) -> None:
    path = elsewhere(team) / "other" / "int8_dynamic.json"
    team.edit(path, '"fidelity.small-faces"', '"fidelity.renamed"')


WAYS = {
    "card deleted": (delete_card, "no card of a model 'other'"),
    "dataset off a card": (take_off_dataset, "'more-faces' is no evaluation set of other"),
    "mode without recipe": (take_recipe, "the mode 'int8_dynamic' has no recipe"),
    "on request": (make_on_request, "the card of other has on_request = true"),
    "mode on request": (make_mode_on_request, "mode 'int8_dynamic' has on_request = true and is"),
    "not applicable": (make_not_applicable, "has int8_dynamic not applicable (too slow)"),
    "file deleted": (delete_file, "nothing accepted: a baseline"),
    "section deleted": (delete_section, "nothing accepted: section 'fidelity.small-faces' of"),
}


@pytest.mark.parametrize("strict", [(), ("--require-all",)], ids=["plain", "require all"])
@pytest.mark.parametrize(("change", "said"), WAYS.values(), ids=WAYS)
def test_coverage_that_vanishes_is_red_by_name(
    made: Team, change: Callable[[Team], None], said: str, strict: tuple[str, ...]
) -> None:
    change(made)
    result = made.gates(*strict)
    assert result.returncode == 1, result.stdout
    assert said in result.stdout
    assert said in made.markdown
    assert made.report["verdict"] == "fail"


def test_what_is_given_up_is_missed_no_more(made: Team) -> None:
    delete_card(made)
    assert main(["orphans", f"--catalog={made.folder}", "--remove"]) == 0
    result = made.gates()
    assert result.returncode == 0, result.stdout
    assert made.report["unjudged"] == []


def test_a_model_accepted_on_request_is_missed_by_no_run_that_does_not_name_it(made: Team) -> None:
    make_on_request(made)
    assert made.gates().returncode == 1
    accepting = made.gates("--models=other", "--snapshot-update")
    assert accepting.returncode == 0, accepting.stdout
    assert "on_request: true from now on" in accepting.stdout
    result = made.gates()
    assert result.returncode == 0, result.stdout
    assert made.gates("--models=other").returncode == 0
    # Accepted so, it may not lose what it is judged by where it is named.
    take_off_dataset(made)
    assert made.gates("--models=other").returncode == 1


def test_a_further_mode_is_judged_until_its_card_gives_it_up(made: Team) -> None:
    make_mode_on_request(made)
    for model in ("small", "other"):
        made.edit(made.card(model), "untrained", 'further_modes = ["int8_dynamic"]\nuntrained')
    result = made.gates()
    assert result.returncode == 0, result.stdout
    assert "left out: gate latency\n" in result.stdout
    made.edit(made.card("other"), 'further_modes = ["int8_dynamic"]\n', "")
    result = made.gates("--require-all")
    assert result.returncode == 1
    assert "accepted and not judged: " in result.stdout
    # Accepted by name, it is owed to no run that does not name it.
    accepting = made.gates("--modes=int8_dynamic", "--models=other", "--snapshot-update")
    assert accepting.returncode == 0, accepting.stdout
    assert "mode_on_request: true from now on" in accepting.stdout
    result = made.gates()
    assert result.returncode == 0, result.stdout
    assert {r["mode"] for r in made.report["records"] if r["model"] == "other"} == {"fp32"}


def test_limits_that_were_never_kept_are_said_not_to_be_compared(made: Team) -> None:
    path = made.baseline("int8_dynamic", "other")
    document = json.loads(path.read_text())
    section = document["sections"]["verification.small-faces"]
    del section["format"], section["limits"]
    path.write_text(json.dumps(document))
    result = made.gates()
    assert result.returncode == 0, result.stdout
    said = "before limits were kept"
    assert f"not compared, 1 gate: as accepted, but {said}" in result.stdout
    assert said in made.markdown.partition("## What was not decided")[2]
    only = ("--models=other", "-k", "verification and small-faces and int8_dynamic")
    assert made.run(*only, "--require-all").returncode == 1
    (record,) = made.report["records"]
    assert (record["outcome"], said in record["headline"]) == ("not compared", True)
    # The way out.
    assert made.run(*only, "--snapshot-update").returncode == 0
    assert made.gates().returncode == 0
    assert "not compared" not in {r["outcome"] for r in made.report["records"]}


def allow_op(team: Team) -> None:
    text = (ROOT / "fixtures" / "modes" / "int8_dynamic.toml").read_text()
    card = team.folder / "modes" / "dynamic.toml"
    card.write_text(f'{text}\n[may_run_elsewhere]\ncpu = ["MatMul"]\n')


def allow_nodes(team: Team) -> None:
    (team.folder / "providers").mkdir()
    text = (ROOT / "fixtures" / "providers" / "cpu.toml").read_text()
    (team.folder / "providers" / "cpu.toml").write_text(
        f"{text}\n[placement]\nnodes_elsewhere = 3\n"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (allow_op, "limits changed: op types that may run elsewhere none → MatMul"),
        (allow_nodes, "limits changed: nodes that may run elsewhere 0 → 3"),
    ],
)
def test_what_may_run_elsewhere_is_a_limit(
    made: Team, change: Callable[[Team], None], said: str
) -> None:
    change(made)
    only = ("--models=other", "-k", "artifact")
    result = made.run(*only)
    assert result.returncode == 1
    assert said in result.stdout
    assert {r["mode"] for r in made.report["records"] if r["outcome"] == "fail"} == {"int8_dynamic"}
    assert made.run(*only, "--snapshot-update").returncode == 0
    assert made.run(*only).returncode == 0


def test_absent_weights_are_a_skip_that_is_said_on_top(made: Team) -> None:
    made.edit(made.card("other"), "../small.onnx", "../nowhere.onnx")
    result = made.gates()
    assert result.returncode == 0, result.stdout
    assert "- Skipped: other: weights '../nowhere.onnx' are absent" in made.markdown
    assert made.report["unjudged"] == []
    assert made.gates("--require-all").returncode == 1


def test_a_profile_without_a_folder_is_not_compared(made: Team) -> None:
    profile = made.baseline("int8_dynamic", "small").parents[1]
    profile.rename(profile.with_name("cpu-other"))
    result = made.gates()
    assert result.returncode == 0, result.stdout
    assert "not compared" in {r["outcome"] for r in made.report["records"]}
    assert made.gates("--require-all").returncode == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--models=small",), "left out: model other; gate latency"),
        (("--modes=fp32",), "left out: mode int8_dynamic; gate latency"),
        (("--datasets=small-faces",), "left out: gate latency; dataset more-faces"),
        (("-k", "artifact"), "left out: gates fingerprint, verification, placement, "),
        (("-k", "small-fp32 or other"), "left out: gate latency; "),
        (("--deselect", "test_artifact.py"), "left out: gates artifact, latency"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_restricted_run_says_what_it_left_out(made: Team, options, said: str) -> None:
    result = made.gates(*options)
    assert result.returncode == 0, result.stdout
    assert said in result.stdout
    assert f"- L{said[1:]}" in made.markdown
    assert "; left out: " in made.report["summary"]
    assert made.report["left_out"]


def test_a_whole_run_leaves_nothing_out_and_stays_green(made: Team) -> None:
    result = made.gates()
    assert result.returncode == 0, result.stdout
    assert made.report["unjudged"] == made.report["outside"] == []
    assert "left out: gate latency\n" in result.stdout


def test_a_restricted_run_is_refused_where_all_is_required(made: Team) -> None:
    result = made.gates("--models=small", "--require-all")
    assert result.returncode == 1
    assert "--require-all: gates were left out" in made.report["summary"]


def test_what_an_ini_file_leaves_out_is_said(made: Team) -> None:
    (made.folder / "pytest.ini").write_text("[pytest]\naddopts = -k artifact\n")
    result = made.run()
    assert result.returncode == 0, result.stdout
    assert "left out: gates fingerprint, " in result.stdout


@pytest.mark.parametrize(
    ("how", "left"),
    [
        ("--benchmark-skip", "gates fingerprint, verification, placement, behaviour, latency"),
        ("--benchmark-only", "gates artifact, fingerprint, verification, placement, behaviour, "),
    ],
)
def test_what_pytest_benchmark_skips_is_left_out(made: Team, how: str, left: str) -> None:
    options = ("--models=small", "-k", "artifact or (latency and not throughput)", how)
    result = made.run(*options)
    assert result.returncode == 0, result.stdout
    assert "skipped: Skipping " in result.stdout
    assert f"left out: model other; {left}" in result.stdout
    assert made.run(*options, "--require-all").returncode == 1


def test_side_by_side_the_same_is_left_out(made: Team) -> None:
    assert made.gates("-k", "artifact", "-n", "2").returncode == 0
    side_by_side = made.report["left_out"]
    assert made.gates("-k", "artifact").returncode == 0
    assert made.report["left_out"] == side_by_side
    assert side_by_side


def test_side_by_side_a_run_without_gates_is_red(made: Team) -> None:
    result = made.gates("-k", "no_such_gate", "-n", "1")
    assert result.returncode == 1, result.stdout
    assert "NOTHING WAS GATED" in result.stdout


def test_a_restricted_run_with_a_deleted_card_only_says_so(made: Team) -> None:
    delete_card(made)
    result = made.gates("-k", "artifact")
    assert result.returncode == 0, result.stdout
    assert "accepted and not judged: " in result.stdout


def test_halves_of_a_run_make_a_whole_one(made: Team) -> None:
    leave_one_case(made)
    assert made.run("-k", "not latency", "--require-all").returncode == 1
    result = made.run("-k", "latency", "--report-append", "--require-all")
    assert result.returncode == 0, result.stdout
    assert made.report["left_out"] == []


def leave_one_case(team: Team) -> None:
    """Of two models and modes one model in FP32, and what is accepted of it."""
    delete_card(team)
    take_recipe(team)
    for path in (team.folder / "baselines").rglob("*.json"):
        if path.stem != "fp32" or path.parent.name == "other":
            path.unlink()


def turn(team: Team) -> None:
    """Turn the colours of the second model, so that its fingerprint is red; and back."""
    text = team.card("other").read_text()
    pair = ('"RGB"', '"BGR"') if '"RGB"' in text else ('"BGR"', '"RGB"')
    team.card("other").write_text(text.replace(*pair))


@pytest.mark.parametrize("how", ["--lf", "--sw"])
def test_what_ran_before_is_left_out_by_name(made: Team, how: str) -> None:
    options = ("-k", "fingerprint or placement", "-p", "cacheprovider", "-p", "stepwise")
    turn(made)
    assert made.gates(*options, how).returncode != 0
    first = {r["node"]: r["outcome"] for r in made.report["records"]}
    turn(made)
    result = made.gates(*options, how)
    assert result.returncode == 0, result.stdout
    second = {r["node"] for r in made.report["records"]}
    # Whatever the first run did not pass is run by the second.
    assert {node for node, outcome in first.items() if outcome == "fail"} <= second
    if how == "--sw":
        assert len(first.keys() | second) == 8
    assert "left out: " in result.stdout
    assert made.gates(*options, how, "--require-all").returncode == 1


def test_a_module_alone_leaves_the_others_out(made: Team) -> None:
    module = str(ROOT / "suite" / "gates" / "test_placement.py")
    arguments = (module, "--catalog=.", f"--artifact-cache={made.cache}", "-q")
    environment = {**os.environ, **ENVIRONMENT}
    result = fork_pytest(*arguments, folder=made.folder, environment=environment)
    assert result.returncode == 0, result.stdout
    assert (
        "left out: gates artifact, fingerprint, verification, behaviour, latency" in result.stdout
    )
