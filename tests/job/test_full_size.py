"""docs/full-size.md, command for command, with small networks under the files' names."""

import json
import os
import pickle
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from renamed_weights import put_weights
from team import EMBEDDED, ENVIRONMENT, ROOT, SOME_PAIRS

from suite.catalog.folder import read_catalog

PAGE = ROOT / "docs" / "full-size.md"
# The real file is fetched and held against its published hash; the small one is another.
REAL = "weights --get --accept-licence --models=arcface-buffalo-l"


def commands() -> list[str]:
    """The page's commands of ours, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("face-quant-gate ")]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    put_weights(tmp_path / "weights")
    (tmp_path / "data").mkdir()
    images, genuine = pickle.loads((EMBEDDED / "evaluation.bin").read_bytes())
    some = pickle.dumps((images[: 2 * SOME_PAIRS], genuine[:SOME_PAIRS]))
    (tmp_path / "data" / "lfw.bin").write_bytes(some)
    shutil.copytree(EMBEDDED / "calibration", tmp_path / "data" / "calibration")
    shutil.copy(ROOT / "tests" / "reference" / "notes.md", tmp_path)
    return tmp_path


def expect_fewer_pairs(home: Path) -> None:
    """LFW's card asks for all of its pairs; a fifth of them is as good here, and sooner gated."""
    card = home / "quant" / "datasets" / "lfw.toml"
    card.write_text(card.read_text().replace("pairs = 6000", f"pairs = {SOME_PAIRS}"))


def run(home: Path, cache: Path, command: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)[1:]
    if words[0] == "copy":
        words.append("--own-weights")
    if words[0] == "run":  # speed is measured by tests of its own
        words += [f"--artifact-cache={cache}", "-p", "no:cacheprovider", "-m", "not latency"]
    return subprocess.run(
        [sys.executable, "-m", "suite.entry_points.commands.main", *words],
        cwd=home,
        env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(ROOT), "DIAGNOSED_PAIRS": "40"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_the_pages_commands_lead_from_weights_to_a_green_gate(home: Path, cache: Path) -> None:
    status, said = {}, {}
    for command in commands():
        result = run(home, cache, command)
        assert "Traceback" not in result.stdout
        status[command], said[command] = result.returncode, result.stdout
        if " copy " in command:
            expect_fewer_pairs(home)
    wrong = [(each, said[each][-3000:]) for each in commands() if status[each]]
    fetch, fp32 = (command for command, _ in wrong)
    assert REAL in fetch and "move it away to get the published one" in said[fetch]
    assert "--modes=fp32" in fp32 and "accept with --snapshot-update" in said[fp32]
    assert "3 of 3 are here" in said[commands()[1]]
    assert "nothing wrong was found" in next(said[c] for c in commands() if " check " in c)
    report = json.loads((home / "face-quant-report" / "report.json").read_text())
    assert report["verdict"] == "pass"
    modes = {(record["model"], record["mode"]) for record in report["records"]}
    assert len(modes) == 2 * 4
    text = (home / "face-quant-report" / "report.md").read_text()
    assert "| fp32, the notes this suite began from, 2026-02-09 | 0.940000 (below) |" in text
    assert "accuracy is 0.9400, and 0.9983 is published: " in text
    models = read_catalog(home / "quant").models
    titles = {name: [row.title for row in card.reference] for name, card in models.items()}
    assert {name: rows.count("ours, before") for name, rows in titles.items()} == {
        **{"arcface-buffalo-l": 2, "adaface-ir50-ms1mv2": 3}
    }
