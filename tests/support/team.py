"""A team's catalog made from the embedded families, for tests that run the whole job in it."""

import hashlib
import json
import os
import pickle
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from forked import ForkedPytest
from onnx import numpy_helper

ROOT = Path(__file__).resolve().parents[2]
EMBEDDED = ROOT / "fixtures" / "embedded"
MODEL = "arcface-embedded"
SOURCE = EMBEDDED / "arcface.onnx"
SPY = Path(__file__).with_name("spy.py")
# Enough of the embedded set for a verdict: two folds of it, 20 people.
SOME_PAIRS = 1_200
ENVIRONMENT = {"CI": "true", "COLUMNS": "200"}


@dataclass
class Team:
    """A team's repository: a catalog folder, and pytest run in it."""

    folder: Path
    cache: Path

    def card(self, model: str = MODEL) -> Path:
        return self.folder / "models" / f"{model}.toml"

    @property
    def report(self) -> dict:
        return json.loads((self.folder / "face-quant-report" / "report.json").read_text())

    @property
    def markdown(self) -> str:
        return (self.folder / "face-quant-report" / "report.md").read_text()

    def start(self, *options: str) -> ForkedPytest:
        """The job, started in a process group of its own."""
        arguments = (
            *("--pyargs", "suite.gates", "--catalog=.", f"--artifact-cache={self.cache}"),
            *("-q", "-p", "no:cacheprovider", *options),
        )
        environment = os.environ | ENVIRONMENT | {"PYTHONPATH": str(self.folder)}
        return ForkedPytest(*arguments, folder=self.folder, environment=environment)

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*options)
        output, _ = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    def gates(self, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "not latency", *options)

    def edit(self, path: Path, old: str, new: str) -> None:
        text = path.read_text()
        assert old in text, (path, old)
        path.write_text(text.replace(old, new, 1))

    def baseline(self, mode: str, model: str = MODEL) -> Path:
        (found,) = (self.folder / "baselines").glob(f"*/{model}/{mode}.json")
        return found

    def built(self, mode: str, model: str = MODEL) -> Path:
        """The cached artifact of a mode: builds it, and finds it by its hash in the report."""
        self.gates(f"--models={model}", f"--modes={mode}", "-k", "artifact")
        (record,) = self.report["records"]
        digest = record["hashes"]["artifact"]
        return next(
            path
            for path in self.cache.rglob("model.onnx")
            if hashlib.sha256(path.read_bytes()).hexdigest() == digest
        )

    def failed(self, model: str = MODEL) -> dict[str, str]:
        """Gate and mode of each failed record of a model, with its headline and notes."""
        return {
            f"{r['gate']} {r['mode']}": " ".join([r["headline"], *r["notes"]])
            for r in self.report["records"]
            if r["outcome"] == "fail" and r["model"] == model
        }

    def re_accept(self, mode: str, model: str = MODEL, **identity: str | None) -> None:
        """Change what a baseline says was measured, so that only figures can tell."""
        path = self.baseline(mode, model)
        document = json.loads(path.read_text())
        for section in document["sections"].values():
            for key, value in identity.items():
                section["identity"].pop(key, None)
                if value is not None:
                    section["identity"][key] = value
        path.write_text(json.dumps(document))

    def bring(self, mode: str, file: Path, model: str = MODEL, *, re_accept: bool = False) -> None:
        """Name a file as the mode's artifact, its identity accepted anew where told so."""
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        card = f'\n[artifacts.{mode}]\nfile = "{file}"\nsha256 = "{digest}"\n'
        self.card(model).write_text(self.card(model).read_text() + card)
        if re_accept:
            self.re_accept(mode, model, recipe=None, calibration=None, artifact=digest)


def copy_catalog(folder: Path, *models: str, pairs: int | None = None) -> None:
    """The cards of some embedded models and of the datasets; what they name stays where it is.

    Modes on request are left to those who name them. With ``pairs`` the evaluation set is the first
    so many of the embedded one's.
    """
    for name in ("models", "datasets"):
        shutil.copytree(ROOT / "fixtures" / name, folder / name)
    for card in (folder / "models").glob("*.toml"):
        if card.stem not in models:
            card.unlink()
    for card in [*(folder / "models").glob("*.toml"), *(folder / "datasets").glob("*.toml")]:
        card.write_text(plain(card.read_text()))
    if pairs:
        images, genuine = pickle.loads((EMBEDDED / "evaluation.bin").read_bytes())
        people = (EMBEDDED / "evaluation.identities.txt").read_text().splitlines()
        (folder / "some.bin").write_bytes(pickle.dumps((images[: 2 * pairs], genuine[:pairs])))
        (folder / "some.txt").write_text("\n".join(people[: 2 * pairs]))
        (folder / "datasets" / "embedded-evaluation.toml").write_text(
            'id = "embedded-evaluation"\nkind = "bin"\nfile = "../some.bin"\n'
            'identities = "../some.txt"\n'
        )


def plain(card: str) -> str:
    """A built-in card for another folder, without the modes that run on request."""
    lines = card.replace("../embedded", str(EMBEDDED)).splitlines()
    return "\n".join(line for line in lines if not line.startswith("further_modes")) + "\n"


def copy_team(folder: Path, target: Path) -> None:
    """Put a team's catalog and baselines into a folder, beside what is there; and the spy."""
    ours = shutil.ignore_patterns("face-quant-report", "__pycache__")
    shutil.copytree(folder, target, ignore=ours, dirs_exist_ok=True)
    shutil.copy(SPY, target)


def change(model: onnx.ModelProto, op_type: str, index: int, how: Callable) -> None:
    """Change one weight of the graph's last node of a type."""
    name = [node for node in model.graph.node if node.op_type == op_type][-1].input[index]
    for tensor in model.graph.initializer:
        if tensor.name == name:
            changed = np.ascontiguousarray(how(numpy_helper.to_array(tensor)))
            tensor.CopyFrom(numpy_helper.from_array(changed, name))


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
