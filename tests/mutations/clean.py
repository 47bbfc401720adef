"""The clean case: what is accepted of it, in a folder of its own, and its independent faces."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from syrupy.data import Snapshot, SnapshotCollection

from suite.catalog.case import Case
from suite.catalog.catalog import Catalog
from suite.catalog.gate import Gate
from suite.datasets.face_set import FaceSet, PairList, face_set
from suite.gates.advice import advised
from suite.gates.case_work import CaseWork
from suite.gates.check import GateCheck
from suite.gates.conclusion import attached
from suite.gates.fingerprint import explain_fingerprint
from suite.gates.loss_split import split_loss
from suite.gates.lost_layers import kept_layers, where_lost
from suite.gates.progress import Progress
from suite.gates.test_placement import test_placement as check_placement
from suite.gates.workbench import Workbench
from suite.judging.baselines.syrupy_extension import BaselineExtension
from suite.judging.identity import other_identity
from suite.judging.judgement import Judgement
from suite.judging.measured import Measured
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.runtime.profile import own_profile
from suite.verification.draws import draw
from tests.mutations.interposed import everywhere
from tests.mutations.mutation import Shown

_THREADS = 1
_RESAMPLES = 20


@dataclass(frozen=True)
class Subject:
    """A model in a mode on a catalog, with faces of other people.

    Attributes
    ----------
    catalog : its cards; what is accepted lies elsewhere
    model, mode : by their ids
    independent : faces of people whom no set of the model shows, by which harm is decided
    folds : of how many folds of its sets figures are; None of all
    """

    catalog: Catalog
    model: str
    mode: str
    independent: FaceSet
    folds: int | None = None


class Clean:
    """A case as it is, accepted in a folder of its own."""

    def __init__(self, subject: Subject, folder: Path, cache: Path) -> None:
        self.subject = subject
        self.folder = folder
        self.cache = cache
        folder.mkdir(parents=True, exist_ok=True)
        self.catalog = replace(subject.catalog, folder=folder)
        accepted = self._case()
        with quietly():
            for work, gate, dataset in gates_of(accepted):
                record = concluded(work, gate, dataset, accepting=True)
                assert record.outcome is not Outcome.FAIL, (
                    f"{gate} of the clean case is red: {record.headline}"
                )
        # Measured once more, beside what is accepted.
        self.work = self._case()
        for mine, made in ((self.work, accepted), (self.fp32, accepted.fp32)):
            mine._embedded.update(made._embedded)

    def _case(self) -> CaseWork:
        bench = self.workbench(self.catalog)
        model, mode = self.subject.model, self.subject.mode
        if self.subject.folds:
            for name in self.catalog.models[model].evaluation:
                bench._datasets[name] = first_folds(bench.dataset(name), self.subject.folds)
        return bench.case(self.catalog.models[model], self.catalog.modes[mode])

    @property
    def bench(self) -> Workbench:
        """Its workbench."""
        return self.work.bench

    def workbench(self, catalog: Catalog) -> Workbench:
        """A workbench on a catalog, one thread, nothing said."""
        provider = catalog.providers["cpu"]
        profile = own_profile(provider)
        return Workbench(catalog, provider, _THREADS, profile, self.cache, Progress(nullcontext))

    @property
    def fp32(self) -> CaseWork:
        """Its FP32."""
        return self.work.fp32

    @cached_property
    def shown(self) -> Shown:
        """What its evaluation images and the independent ones show."""
        sets = [self.bench.dataset(name) for name in self.work.model.evaluation]
        person: dict[str, int] = {}
        darkness: dict[str, float] = {}
        for faces in (*sets, self.subject.independent):
            who = np.arange(len(faces.faces)) if faces.people is None else faces.people
            person |= {f.sha256: int(p) for f, p in zip(faces.faces, who, strict=True)}
            darkness |= _darkness(faces)
        middle = self.work.embeddings(self.work.model.evaluation[0]).mean(axis=0)
        return Shown(middle, person, darkness)


def first_folds(faces: FaceSet, folds: int) -> FaceSet:
    """The first folds of a set whose folds are of equal length, and the images of their pairs."""
    count = len(faces.genuine) * folds // faces.folds
    places, pairs = np.unique([faces.left[:count], faces.right[:count]], return_inverse=True)
    left, right = pairs.reshape(2, -1)
    people = None if faces.people is None else [str(faces.people[place]) for place in places]
    made = [faces.faces[place] for place in places]
    return face_set(faces.id, made, PairList(left, right, faces.genuine[:count], folds), people)


def _darkness(faces: FaceSet) -> dict[str, float]:
    """The share of a set's images that are darker, by image."""
    means = [
        cv2.imdecode(np.frombuffer(face.read(), np.uint8), cv2.IMREAD_GRAYSCALE).mean()
        for face in faces.faces
    ]
    ranks = np.argsort(np.argsort(means)) / len(means)
    return {face.sha256: float(rank) for face, rank in zip(faces.faces, ranks, strict=True)}


def gates_of(work: CaseWork) -> Iterator[tuple[CaseWork, Gate, str | None]]:
    """Every gate of a case and of its FP32 that needs no stopwatch, those without sets first."""
    for gate in sorted(Gate, key=lambda gate: (gate.per_dataset, gate is not Gate.FIDELITY)):
        for each in (work.fp32, work):
            if gate is Gate.LATENCY or (each is not work and not gate.of_fp32):
                continue
            for dataset in each.model.evaluation if gate.per_dataset else (None,):
                yield each, gate, dataset


@contextmanager
def quietly() -> Iterator[None]:
    """Gates without identity checks, without the causes of what fails, and with few resamples.

    No gate that is judged here rests on an interval.
    """

    def unchanged(judged: Judgement, *_: Any, **__: Any) -> Judgement:
        return judged

    with pytest.MonkeyPatch.context() as patch:
        everywhere(patch, other_identity, lambda *_: None)
        everywhere(patch, explain_fingerprint, lambda *_: ())
        everywhere(patch, kept_layers, lambda *_: {})
        everywhere(patch, draw, lambda units: draw(units, _RESAMPLES))
        everywhere(patch, where_lost, lambda *_: ())
        everywhere(patch, advised, unchanged)
        everywhere(patch, split_loss, _not_split)
        yield


def _not_split(_: CaseWork, measured: Measured, *__: Any) -> Measured:
    return measured


class _Snapshot:
    """A snapshot that writes what is accepted, as syrupy's extension does."""

    def __init__(self, update_snapshots: bool) -> None:
        self.update_snapshots = update_snapshots

    def use_extension(self, _: object) -> "_Snapshot":
        return self

    def __call__(self, name: str) -> "_Told":
        return _Told(name, self.update_snapshots)


class _Told:
    def __init__(self, name: str, update: bool) -> None:
        self._name = name
        self._update = update

    def __eq__(self, data: object) -> bool:
        assert isinstance(data, dict)
        if self._update and not data["holds"]:
            path, _, section = self._name.rpartition("::")
            told = SnapshotCollection(location=path)
            told.add(Snapshot(name=f"[{section}]", data=json.dumps(data)))
            BaselineExtension.write_snapshot_collection(snapshot_collection=told)
        return True


def concluded(
    work: CaseWork, gate: Gate, dataset: str | None, *, accepting: bool = False
) -> Record:
    """What a gate concludes of a case, whatever that is."""
    item: Any = SimpleNamespace(nodeid=f"x::test_{gate}[x]", stash=pytest.Stash())
    case, snapshot = Case(work.model, work.mode), _Snapshot(accepting)
    held: Any = snapshot
    check = GateCheck(item, gate, case, dataset, work, held, "", require_all=False)
    with suppress(pytest.fail.Exception, pytest.skip.Exception):
        if gate is Gate.PLACEMENT:
            check_placement(case, check)
        elif not gate.is_accepted:
            check.check_itself(check.measure())
        else:
            check.check(check.measure())
    record = attached(item)
    assert record is not None, "a gate attaches its record before it asserts"
    return record
