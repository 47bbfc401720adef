"""The workbench of a run: datasets, sources, artifacts and embeddings, each made once."""

from __future__ import annotations

from pathlib import Path

from suite.catalog.catalog import Catalog
from suite.catalog.dataset_card import DatasetCard
from suite.catalog.folds import FOLDS
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard
from suite.catalog.provider_card import ProviderCard
from suite.datasets.face_set import FaceSet
from suite.datasets.loader import load_dataset
from suite.datasets.looks import Looks, looks_of
from suite.datasets.reading import Reading
from suite.datasets.traits import Traits, traits_of
from suite.gates.case_work import CaseWork
from suite.gates.model_work import ModelWork
from suite.gates.progress import Progress
from suite.gates.recorded import RecordedRun
from suite.quantization.cache import ArtifactCache
from suite.runtime.providers import require_provider
from suite.runtime.share import share
from suite.verification.evaluator import Evaluator, Pairs


class Workbench:
    """What a session's gates share. It holds one model's work at a time.

    ``recorded`` is a finished run whose measurements are judged again; None where gates measure.
    ``shows_faces`` says that a report has pictures of the faces that it names.
    """

    def __init__(
        self,
        catalog: Catalog,
        provider: ProviderCard,
        threads: int,
        profile: str,
        cache: Path,
        progress: Progress,
        recorded: RecordedRun | None = None,
        *,
        shows_faces: bool = False,
    ) -> None:
        require_provider(provider)
        self.catalog = catalog
        self.provider = provider
        self.share = share(provider, threads)
        self._threads = threads
        self.profile = profile
        self.progress = progress
        self.recorded = recorded
        self.shows_faces = shows_faces
        self.cache = ArtifactCache(cache, progress.say)
        self._aligned = cache / "aligned"
        self._datasets: dict[str, FaceSet] = {}
        self._looks: dict[str, Looks | None] = {}
        self._traits: dict[str, Traits] = {}
        self._evaluators: dict[str, Evaluator] = {}
        self._held: ModelWork | None = None

    def dataset(self, dataset_id: str) -> FaceSet:
        """A dataset, read once in the session."""
        if dataset_id not in self._datasets:
            card = self.catalog.datasets[dataset_id]
            with self.progress.step(f"{dataset_id}: reading") as advance:
                self._datasets[dataset_id] = load_dataset(
                    card,
                    lambda relative: self.catalog.locate(card, relative),
                    self._aligned,
                    advance,
                    self._threads,
                )
        return self._datasets[dataset_id]

    def reading(self, card: DatasetCard) -> Reading:
        """How the images of a set are read and aligned, beside what is kept of them."""
        return Reading(
            lambda relative: self.catalog.locate(card, relative), self._aligned, None, self._threads
        )

    def looks(self, dataset_id: str) -> Looks | None:
        """What the images of a dataset look like, looked at once in the session."""
        if dataset_id not in self._looks:
            self._looks[dataset_id] = looks_of(self.dataset(dataset_id))
        return self._looks[dataset_id]

    def traits(self, dataset_id: str) -> Traits:
        """How bright and sharp each image of a dataset is, looked at once in the session."""
        if dataset_id not in self._traits:
            self._traits[dataset_id] = traits_of(self.dataset(dataset_id))
        return self._traits[dataset_id]

    def evaluator(self, dataset_id: str) -> Evaluator:
        """What turns embeddings of a dataset into figures: the same draws for every model."""
        if dataset_id not in self._evaluators:
            faces = self.dataset(dataset_id)
            # LFW's View 1 is one fold, of which ten are made as of any list.
            folds = faces.fold_sizes or (faces.folds if faces.folds > 1 else FOLDS)
            pairs = Pairs(faces.left, faces.right, faces.genuine, faces.people, folds)
            self._evaluators[dataset_id] = Evaluator(pairs)
        return self._evaluators[dataset_id]

    def case(self, model: ModelCard, mode: ModeCard) -> CaseWork:
        """The work on a model in a mode; that on another model is let go."""
        if self._held is None or self._held.card.id != model.id:
            self._held = ModelWork(self, model)
        return self._held.case(mode)
