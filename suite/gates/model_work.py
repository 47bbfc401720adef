"""The work on one model: what its modes share, and the work on each."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.datasets.face_set import FaceSet, refuse_shared_faces
from suite.gates.case_work import CaseWork
from suite.models.onnx_file import OnnxFile
from suite.models.precision import require_precision
from suite.models.source import open_named

if TYPE_CHECKING:
    from suite.gates.workbench import Workbench


class ModelWork:
    """What the modes of one model share."""

    def __init__(self, bench: Workbench, card: ModelCard) -> None:
        self.bench = bench
        self.card = card
        self._cases: dict[str, CaseWork] = {}

    @cached_property
    def source(self) -> OnnxFile:
        """The model's FP32 ONNX, verified to be one, and its sets checked to be apart."""
        if self.card.calibration:
            calibration = self.bench.dataset(self.card.calibration)
            for dataset_id in self.card.evaluation:
                refuse_shared_faces(calibration, self.bench.dataset(dataset_id))
        file = open_named(self.bench.catalog, self.card, self.card.source)
        require_precision(file.path, self.card.source.precision)
        return file

    @cached_property
    def selection(self) -> FaceSet | None:
        """The faces that its card names to weigh layers on, checked to be apart from all others."""
        named = self.card.selection
        if named is None:
            return None
        faces = self.bench.dataset(named)
        for other in filter(None, (*self.card.evaluation, self.card.calibration)):
            refuse_shared_faces(faces, self.bench.dataset(other), as_="selection")
        return faces

    @property
    def fp32(self) -> CaseWork:
        """The mode that the others are compared with."""
        return self.case(self.bench.catalog.fp32)

    def case(self, mode: ModeCard) -> CaseWork:
        """The work on one mode."""
        return self._cases.setdefault(mode.id, CaseWork(self, mode))
