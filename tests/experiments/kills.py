"""Kill cold runs at random moments and see that nothing is lost.

``python tests/experiments/kills.py`` does it twenty times.

Each run starts from an empty cache, is killed with SIGKILL together with its workers, and is
followed by a plain rerun that must be green. Every other run accepts baselines of changed figures:
whatever moment it dies at, each entry must be wholly the old or wholly the new one.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from team import SOME_PAIRS, Team, copy_catalog

MODELS = ("arcface-embedded", "insightface-embedded")
MODES = ("fp32", "int8_dynamic", "int8_static_qdq")


def main() -> int:
    """Print a line for each kill; returns 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        return kill_runs(Path(name), chosen.kills, random.Random(chosen.seed))


def kill_runs(
    folder: Path,
    kills: int,
    rng: random.Random,
    models: tuple[str, ...] = MODELS,
    modes: tuple[str, ...] = MODES,
) -> int:
    """Kill runs with and without ``-n``, updating and not."""
    original = folder / "original"
    original.mkdir()
    copy_catalog(original, *models, pairs=SOME_PAIRS)
    started = time.monotonic()
    first = Team(original, folder / "cache")
    chosen = f"--modes={','.join(modes)}"
    assert first.gates(chosen, "--snapshot-update").returncode == 0
    whole_s = time.monotonic() - started
    lost = 0
    for number in range(kills):
        options = [chosen, "-m", "not latency", *(["-n", "2"] if number % 2 else [])]
        updating = number % 4 in (1, 2)
        team = Team(folder / f"run{number}", folder / f"cache{number}")
        shutil.copytree(original, team.folder, ignore=shutil.ignore_patterns("face-quant-report"))
        old = change_every_entry(team) if updating else entries(team)
        options += ["--snapshot-update"] if updating else []
        process = team.start(*options)
        moment = rng.uniform(0.2, 1.1 * whole_s)
        time.sleep(moment)
        process.kill_group()
        process.communicate()
        problem = check(team, chosen, old, entries(first), updating=updating)
        lost += bool(problem)
        what = f"{' '.join(options[3:]) or 'plain'}, killed after {moment:.1f} s"
        print(f"{number + 1:2} {what}: {problem or 'nothing lost, rerun green'}", flush=True)
        shutil.rmtree(team.folder)
        shutil.rmtree(team.cache, ignore_errors=True)
    print(f"{kills - lost} of {kills} kills lost nothing")
    return 1 if lost else 0


def check(team: Team, chosen: str, old: dict, new: dict, *, updating: bool) -> str:
    """What a kill cost, in words; empty where nothing."""
    try:
        now = entries(team)
    except ValueError as error:
        return f"a baseline is not valid: {error}"
    if now.keys() != old.keys():
        return f"entries came or went: {sorted(now.keys() ^ old.keys())}"
    for key, entry in now.items():
        if entry not in (old[key], new[key]):
            return f"{key} is neither old nor new"
    if updating:
        # What was not reached is still the old, changed one: accepted now, as the user would.
        if team.gates(chosen, "--snapshot-update").returncode != 0:
            return "accepting again failed"
        if entries(team) != new:
            return "accepting again gave other entries"
    result = team.gates(chosen)
    return "" if result.returncode == 0 else f"the rerun is red:\n{result.stdout[-2000:]}"


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


def change_every_entry(team: Team) -> dict[tuple[str, str], str]:
    """Change each entry, so that an update has to write it."""
    for path in (team.folder / "baselines").rglob("*.json"):
        document = json.loads(path.read_text())
        for entry in document["sections"].values():
            entry["identity"]["source"] = "0" * 64
        path.write_text(json.dumps(document, indent=2) + "\n")
    return entries(team)


if __name__ == "__main__":
    sys.exit(main())
