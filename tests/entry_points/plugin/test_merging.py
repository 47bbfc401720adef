"""Two real runs of a team's models, merged: what one run of both has, and what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small import network, small_catalog
from team import Team

PARTS = {"one": "--models=small", "two": "--models=other"}
# What the command line says, and when and how long it was run.
_OF_THE_RUN = {"planned", "environment", "runs", "scope", "seconds"}
_OF_A_RECORD = {"rerun", "seconds"}


def run(team: Team, name: str, *options: str) -> int:
    return team.gates(f"--report-dir={name}", *options).returncode


def merge(team: Team, *arguments: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, "-m", "suite.entry_points.commands.main", "merge", *arguments],
        cwd=team.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in result.stderr
    return result


def report(team: Team, name: str) -> dict:
    return json.loads((team.folder / name / "report.json").read_text())


def comparable(document: dict) -> dict:
    records = [
        {key: value for key, value in record.items() if key not in _OF_A_RECORD}
        for record in document["records"]
    ]
    return {k: v for k, v in document.items() if k not in _OF_THE_RUN} | {"records": records}


@pytest.fixture
def shards(made: Team) -> Team:
    """A team whose models were run one by one."""
    for name, option in PARTS.items():
        assert run(made, name, option) == 0
    return made


def test_two_shards_are_the_run_of_both(shards: Team) -> None:
    assert run(shards, "whole") == 0
    assert report(shards, "one")["left_out"] == ["model other", "gate latency"]
    result = merge(shards, "two", "one", "--report-dir=merged")
    assert result.returncode == 0, result.stderr
    whole, merged = (report(shards, name) for name in ("whole", "merged"))
    assert comparable(merged) == comparable(whole)
    assert merged["left_out"] == ["gate latency"]
    assert [each["environment"]["command"].count("--models=") for each in merged["runs"]] == [1, 1]
    for name in ("metrics.json", "thresholds.json"):
        one, other = (shards.folder / folder / name for folder in ("whole", "merged"))
        assert one.read_text() == other.read_text()


def test_two_shards_of_other_weights_are_refused(shards: Team) -> None:
    card = shards.card("other").read_text()
    small_catalog(shards.folder, network(batch=1), top="untrained = true\n")
    digest = shards.card("small").read_text().partition('sha256 = "')[2][:64]
    old = card.partition('sha256 = "')[2][:64]
    shards.card("other").write_text(card)
    assert digest != old
    run(shards, "again", "--models=small", "--modes=fp32", "-k", "artifact")
    result = merge(shards, "one", "again")
    assert result.returncode == 2
    assert result.stderr == (
        f"again: small fp32: its source is {digest[:12]}…, and {old[:12]}… in one; merge runs of "
        "the same cards and files.\n"
    )


def test_a_red_shard_is_red_in_the_whole(shards: Team) -> None:
    shards.edit(shards.card("other"), 'color_order = "RGB"', 'color_order = "BGR"')
    assert run(shards, "two", "--models=other") == 1
    result = merge(shards, "one", "two")
    assert result.returncode == 1
    summary = (shards.folder / "face-quant-merged" / "summary.md").read_text()
    assert summary.startswith("## FAIL: ")
    assert "**other fp32**, fingerprint" in summary


def imitated(team: Team, name: str, as_name: str) -> None:
    """A run's report as if OpenVINO had made it, whose FP32 is off by a rounding."""
    document = report(team, name)
    where = {"provider": "openvino", "profile": "openvino-cpu-avx2"}
    document["environment"] |= where
    document["environment"]["versions"]["onnxruntime"] = "1.24.1"
    for record in document["records"]:
        record |= where
        record["hashes"].pop("feeding", None)
        if record["gate"] == "fingerprint" and record["of_fp32"]:
            samples = record["measured"]["samples"]
            samples["embedding"] = [value + 1e-6 for value in samples["embedding"]]
    Path(team.folder / as_name).mkdir()
    (team.folder / as_name / "report.json").write_text(json.dumps(document))


def test_two_providers_stand_side_by_side(shards: Team) -> None:
    imitated(shards, "one", "openvino")
    result = merge(shards, "one", "openvino", "two")
    assert result.returncode == 0, result.stderr
    merged = report(shards, "face-quant-merged")
    providers = {(each["provider"], each["model"]) for each in merged["records"]}
    assert providers == {("cpu", "small"), ("cpu", "other"), ("openvino", "small")}
    assert merged["left_out"] == [
        "cpu: gate latency",
        "openvino: model other",
        "openvino: gate latency",
    ]
    folder = shards.folder / "face-quant-merged"
    summary, markdown = ((folder / name).read_text() for name in ("summary.md", "report.md"))
    assert "FP32 by openvino and by cpu, on fixed charts: cosine 1.0000000, components " in summary
    assert "| Model | Mode | Figure | cpu | openvino |" in markdown
    (apart,) = [line for line in markdown.splitlines() if "charts, largest difference" in line]
    assert apart.startswith("| small | fp32 | charts, largest difference | – | 1.0e-06 |")
