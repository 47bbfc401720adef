"""Kill runs and downloads at random moments and see that nothing is lost.

``python tests/experiments/kills.py`` does it fifty times, in turn: runs from an empty cache and
from a filled one, in one process and in workers, that accept baselines of changed figures, that
append to a report; and downloads. Each is killed with SIGKILL together with its workers. Whatever
moment it dies at, each accepted entry must be wholly the old or wholly the new one, the report must
be whole and own that the run did not end, and a plain rerun must be green.

``--exports=10`` kills so many exports of a checkpoint besides, which needs the extra ``export``:
the network must then be there whole or not at all, and the next command must have it.
"""

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from file_server import serving
from team import EMBEDDED, ENVIRONMENT, Team, copy_catalog

MODEL, OTHER = "arcface-embedded", "insightface-embedded"
MODES = "--modes=fp32,int8_static_qdq"
PAIRS = 600
WORKERS = ("-n", "2")
ACCEPTING = ("--snapshot-update",)
DOWNLOADING = "downloading"
EXPORTING, EXPORTED = "exporting", "facenet-vggface2"
# By name: what a run is told, and whether it finds a filled cache.
RUNS = {
    "cold": ((), False),
    "cold, accepting, workers": ((*WORKERS, *ACCEPTING), False),
    "cold, accepting": (ACCEPTING, False),
    "cold, workers": (WORKERS, False),
    "warm": ((), True),
    "warm, accepting": (ACCEPTING, True),
    "warm, workers": (WORKERS, True),
    "appending": (("--report-append",), True),
}
# Between two pieces of a file, so that a kill finds it in the middle.
PIECE_S = 0.25


def main() -> int:
    """Print a line for each kill; returns 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--exports", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    rng = random.Random(chosen.seed)
    kinds = [*RUNS, DOWNLOADING]
    with tempfile.TemporaryDirectory() as name:
        runs = [kind for at in range(chosen.kills) if (kind := kinds[at % len(kinds)]) in RUNS]
        lost = kill_runs(Path(name), runs, rng) if runs else 0
        lost += kill_downloads(Path(name) / "weights", chosen.kills - len(runs), rng)
        if chosen.exports:
            lost += kill_exports(Path(name) / "exports", chosen.exports, rng)
    kills = chosen.kills + chosen.exports
    print(f"{kills - lost} of {kills} kills lost nothing")
    return 1 if lost else 0


@dataclass
class Original:
    """A catalog whose gates were accepted, which each killed run has a copy of."""

    team: Team
    seconds: dict[bool, float]
    """What a whole run takes, with a filled cache and without."""

    def copy(self, folder: Path, *, warm: bool) -> Team:
        """One more like it."""
        team = Team(folder / "catalog", folder / "cache")
        shutil.copytree(
            self.team.folder, team.folder, ignore=shutil.ignore_patterns("face-quant-report")
        )
        if warm:
            shutil.copytree(self.team.cache, team.cache)
        return team


def accepted(folder: Path) -> Original:
    """Accept the gates of an embedded model, with the time that it takes cold and warm."""
    folder.mkdir()
    copy_catalog(folder, MODEL, pairs=PAIRS)
    team = Team(folder, folder.with_name("cache"))
    seconds = {}
    for warm in (False, True):
        started = time.monotonic()
        assert team.gates(MODES, *(() if warm else ACCEPTING)).returncode == 0
        seconds[warm] = time.monotonic() - started
    return Original(team, seconds)


def kill_runs(folder: Path, kinds: list[str], rng: random.Random) -> int:
    """Kill a run of each kind; of how many something was lost."""
    original = accepted(folder / "original")
    lost = 0
    for number, kind in enumerate(kinds):
        options, warm = RUNS[kind]
        place = folder / f"run{number}"
        team = original.copy(place, warm=warm)
        if "--report-append" in options:
            assert team.gates("--modes=fp32").returncode == 0
        updating = ACCEPTING[0] in options
        if updating:
            change_every_entry(team.folder / "baselines")
        old = entries(team)
        process = team.start(MODES, "-m", "not latency", *options)
        moment = rng.uniform(0.2, 1.1 * original.seconds[warm])
        time.sleep(moment)
        process.kill_group()
        process.communicate()
        problem = check(team, original, old, updating=updating)
        lost += bool(problem)
        said = problem or "nothing lost, rerun green"
        print(f"{kind}, killed after {moment:.1f} s: {said}", flush=True)
        shutil.rmtree(place)
    return lost


def check(team: Team, original: Original, old: dict, *, updating: bool) -> str:
    """What a kill cost, in words; empty where nothing."""
    new = entries(original.team)
    try:
        now = entries(team)
    except ValueError as error:
        return f"a baseline is not valid: {error}"
    if now.keys() != old.keys():
        return f"entries came or went: {sorted(now.keys() ^ old.keys())}"
    for key, entry in now.items():
        if entry not in (old[key], new[key]):
            return f"{key} is neither old nor new"
    report = team.folder / "face-quant-report" / "report.json"
    if report.exists():
        said = json.loads(report.read_text())
        if said["complete"] != ("did not end" not in said["summary"]):
            return f"the report says of a run that was killed: {said['summary']}"
    if updating:
        # What was not reached is still the old, changed one: accepted now, as the user would.
        if team.gates(MODES, *ACCEPTING).returncode != 0:
            return "accepting again failed"
        if entries(team) != new:
            return "accepting again gave other entries"
    result = team.gates(MODES)
    if result.returncode:
        return f"the rerun is red:\n{result.stdout[-2000:]}"
    left = [path.name for path in team.folder.rglob(".*.tmp")]
    return f"the rerun left {left}" if left else ""


def kill_downloads(folder: Path, kills: int, rng: random.Random) -> int:
    """Kill ``weights --get`` in the middle of a file; of how many something was lost."""
    content = (EMBEDDED / "insightface.onnx").read_bytes()
    copy_catalog(folder, OTHER)
    card = folder / "models" / f"{OTHER}.toml"
    lost = 0
    with serving() as files:
        files.content = {"/net.onnx": content}
        text = re.sub(
            r"file = .*", f'file = "net.onnx"\nurl = "{files.address}/net.onnx"', card.read_text()
        )
        card.write_text(text)
        for number in range(kills):
            weights = folder / f"weights{number}"
            files.piece_s = PIECE_S
            process = get(folder, weights)
            moment = rng.uniform(0.3, 4.0)
            time.sleep(moment)
            process.kill()
            process.communicate()
            files.piece_s = 0.0
            problem = check_download(folder, weights, content)
            lost += bool(problem)
            said = problem or "nothing lost, the next command has the rest"
            print(f"{DOWNLOADING}, killed after {moment:.1f} s: {said}", flush=True)
    return lost


def kill_exports(folder: Path, kills: int, rng: random.Random) -> int:
    """Kill ``weights --get`` as it exports a checkpoint; of how many something was lost."""
    copy_catalog(folder, EXPORTED)
    made = make_checkpoint(folder)
    started = time.monotonic()
    whole = bring(folder, folder / "whole", made)
    seconds = time.monotonic() - started
    lost = 0
    for number in range(kills):
        weights = folder / f"weights{number}"
        weights.mkdir()
        shutil.copy(made, weights)
        process = get(folder, weights, EXPORTED)
        moment = rng.uniform(0.3, 1.1 * seconds)
        time.sleep(moment)
        process.kill()
        process.communicate()
        problem = check_export(folder, weights, whole)
        lost += bool(problem)
        said = problem or "nothing lost, the next command has it"
        print(f"{EXPORTING}, killed after {moment:.1f} s: {said}", flush=True)
        shutil.rmtree(weights)
    return lost


def make_checkpoint(folder: Path) -> Path:
    """A checkpoint of random weights for the card that exports one, with its hash in the card."""
    import torch

    from suite.export import ARCHITECTURES

    card = folder / "models" / f"{EXPORTED}.toml"
    text = re.sub(r"evaluation = .*", 'evaluation = ["embedded-evaluation"]', card.read_text())
    text = text.replace("calibration-faces", "embedded-calibration")
    found = re.search(r'checkpoint = { file = "(.+?)", architecture = "(.+?)" }', text)
    assert found
    torch.manual_seed(0)
    made = folder / found[1]
    torch.save(ARCHITECTURES[found[2]].build().state_dict(), made)
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    card.write_text(text.replace(found[0], f'{found[0][:-2]}, sha256 = "{digest}" }}'))
    return made


def bring(catalog: Path, weights: Path, made: Path) -> dict[str, str]:
    """What a command leaves that exports in peace: the files' hashes, by name."""
    weights.mkdir(exist_ok=True)
    shutil.copy(made, weights)
    process = get(catalog, weights, EXPORTED)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    return hashes(weights)


def hashes(folder: Path) -> dict[str, str]:
    """The hash of each file of a folder."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "a folder"
        for path in sorted(folder.iterdir())
    }


def check_export(catalog: Path, weights: Path, whole: dict[str, str]) -> str:
    """What a kill of an export cost, in words; empty where nothing."""
    for name, digest in hashes(weights).items():
        if name in whole and not name.startswith(".") and digest != whole[name]:
            return f"{name} is not whole"
    process = get(catalog, weights, EXPORTED)
    output, _ = process.communicate()
    if process.returncode:
        return f"the next command did not bring it:\n{output}"
    after = hashes(weights)
    other = sorted(after.items() ^ whole.items())
    return f"the next command left {other}" if other else ""


def get(catalog: Path, weights: Path, model: str = OTHER) -> subprocess.Popen[str]:
    """The command that downloads or exports, started."""
    command = "import sys; from suite.entry_points.commands.main import main; sys.exit(main())"
    return subprocess.Popen(
        [
            *(sys.executable, "-c", command, "weights", "--get", f"--catalog={catalog}"),
            *(f"--models={model}", f"--weights-dir={weights}"),
        ],
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def check_download(catalog: Path, weights: Path, content: bytes) -> str:
    """What a kill of a download cost, in words; empty where nothing."""
    place = weights / "net.onnx"
    if place.exists() and place.read_bytes() != content:
        return "half a file has the model's name"
    process = get(catalog, weights)
    output, _ = process.communicate()
    if not place.exists() or place.read_bytes() != content:
        return f"the next command did not bring it:\n{output}"
    left = sorted(path.name for path in weights.iterdir() if path != place)
    return f"the next command left {left}" if left else ""


def entries(team: Team) -> dict[tuple[str, str], str]:
    """Every accepted entry by file and section, as text."""
    found = {}
    for path in sorted((team.folder / "baselines").rglob("*.json")):
        if path.name.startswith("."):
            continue
        for name, entry in json.loads(path.read_text())["sections"].items():
            key = (str(path.relative_to(team.folder)), name)
            found[key] = json.dumps({**entry, "versions": {}}, sort_keys=True)
    return found


def change_every_entry(baselines: Path) -> None:
    """Change each entry, so that an update has to write it."""
    for path in baselines.rglob("*.json"):
        document = json.loads(path.read_text())
        for entry in document["sections"].values():
            entry["identity"]["source"] = "0" * 64
        path.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
