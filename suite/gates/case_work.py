"""The work on one model in one mode: each part is made when it is first asked for, and kept."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from suite.catalog.errors import ModelError, placed
from suite.catalog.gate import Gate
from suite.catalog.limits import Limits, limits_of
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import Feeding
from suite.catalog.policy import PolicySpec
from suite.catalog.source import BroughtFile
from suite.datasets.face import Face
from suite.gates.accepted_float import with_accepted
from suite.gates.accepted_thresholds import accepted_thresholds
from suite.judging.measured import Measured
from suite.models.onnx_file import OnnxFile
from suite.models.precision import require_precision
from suite.models.source import not_as_its_card, open_named, refuse_source
from suite.quantization.artifact import Artifact, Ingredients
from suite.quantization.inspection import QuantizedOps, quantized_ops
from suite.quantization.recipe import resolve_recipe
from suite.quantization.sensitivity.nearness import asked_of_mix
from suite.runtime.embedding import Embedded, embed_with_norms
from suite.runtime.network import check_network, graph_batch
from suite.runtime.sessions import ALL, open_session
from suite.verification.collapse import zero_rows
from suite.verification.errors import VerificationError
from suite.verification.evaluator import Kept
from suite.verification.evidence import Evidence

if TYPE_CHECKING:
    from suite.gates.layer_costs import LayersDb
    from suite.gates.model_work import ModelWork

Embeddings = npt.NDArray[np.float32]
EMBEDDING_BATCH = 32


class CaseWork:
    """What the gates of one model in one mode share: each part is made when first asked for."""

    def __init__(self, of_model: ModelWork, mode: ModeCard) -> None:
        self.of_model = of_model
        self.bench = of_model.bench
        self.model = of_model.card
        self.mode = mode
        self.measured: dict[tuple[Gate, str | None], Measured] = {}
        # Why it must not be accepted, empty where it may be; None until that was judged.
        self.refusal: str | None = None
        # The signal-to-noise ratio of each layer in decibels; None until somebody asked for it.
        self.layers_db: LayersDb | None = None
        self._embedded: dict[str, Embedded] = {}
        self._evidence: dict[str, Evidence] = {}

    @property
    def fp32(self) -> CaseWork:
        """The same model in FP32; this very case where it is that."""
        return self.of_model.fp32

    def limits(self, dataset_id: str | None = None) -> Limits:
        """What the case is held to, on a dataset."""
        # The card as it is read, whose sets --datasets has not narrowed.
        model = self.bench.catalog.models[self.model.id]
        return limits_of(model, self.mode, self.bench.provider, dataset_id, self.bench.profile)

    @cached_property
    def ingredients(self) -> Ingredients:
        """What an artifact that is built is made of."""
        recipe = resolve_recipe(self.mode, self.bench.provider, self.bench.profile)
        assert recipe is not None, "a mode without a recipe is only selected where it is brought"
        calibration = self.model.calibration
        made = Ingredients(
            source_sha256=self.of_model.source.sha256,
            recipe=recipe,
            preprocess=self.model.preprocess,
            outputs=self.model.outputs,
            calibration=self.bench.dataset(calibration) if calibration else None,
            policy=asked_of_mix(self._policies()),
            flip=self.model.flip,
            selection=self.of_model.selection if recipe.sees_policy else None,
        )
        return with_accepted(made, self) if recipe.sees_policy else made

    def _policies(self) -> list[PolicySpec]:
        """What the case is held to anywhere, and on each of its sets."""
        sets = self.bench.catalog.models[self.model.id].evaluation
        return [self.limits(each).policy for each in (None, *sets)]

    @cached_property
    def brought(self) -> BroughtFile | None:
        """The file that the card names for the mode on this provider, where it does."""
        named = self.model.artifacts.get(self.mode.id)
        return named.for_provider(self.bench.provider.id) if named else None

    @cached_property
    def feeding(self) -> Feeding:
        """How the artifact is fed, and what is taken of its outputs."""
        return self.model.feeding(self.brought)

    @cached_property
    def artifact(self) -> Artifact:
        """The ONNX under test: brought, the source itself, or built."""
        if self.brought:
            return Artifact(self._opened(self.brought), brought=True)
        source = self.of_model.source
        if self.ingredients.recipe.is_source:
            return Artifact(source)
        with self.bench.progress.step(f"{self.model.id} {self.mode.id}: building") as advance:
            return self.bench.cache.get(source, self.ingredients, advance)

    def _opened(self, brought: BroughtFile) -> OnnxFile:
        """A file that the card brings: in FP32 a float network, else another than the source."""
        file = open_named(self.bench.catalog, self.model, brought)
        if self.mode.is_fp32:
            require_precision(file.path, self.model.source.precision)
        else:
            refuse_source(file, self.of_model.source)
        return file

    @cached_property
    def session(self) -> ort.InferenceSession:
        """The artifact, loaded for embedding."""
        return self.open_session(self.bench.share.threads)

    @property
    def may_run_elsewhere(self) -> tuple[str, ...]:
        """The op types that need not run on the provider."""
        return self.mode.may_run_elsewhere.get(self.bench.provider.id, ())

    @cached_property
    def quantized(self) -> QuantizedOps:
        """What the artifact's graph quantizes of what the mode claims."""
        spec, outputs = self.feeding.spec, self.feeding.outputs
        path, claimed = self.artifact.file.path, self.mode.quantizes
        return quantized_ops(path, claimed, outputs.input, spec.shape(1))

    @cached_property
    def fixed_batch(self) -> int | None:
        """The batch that the graph is fixed at, or None where it takes any."""
        return graph_batch(self.session, self.feeding.outputs)

    @property
    def batch(self) -> int:
        """The batch in which the mode is evaluated; part of the baseline."""
        return self.fixed_batch or (1 if self.mode.batch_dependent else EMBEDDING_BATCH)

    def embeddings(self, dataset_id: str) -> Embeddings:
        """Every face of a dataset, embedded as the card says: float32 [faces, d], unit rows."""
        return self.embedded(dataset_id).units

    def embedded(self, dataset_id: str) -> Embedded:
        """The same with the norms of the embeddings before they were scaled."""
        if dataset_id not in self._embedded:
            faces = self.bench.dataset(dataset_id).faces
            label = f"{self.model.id} {self.mode.id} {dataset_id}: embedding"
            self._embedded[dataset_id] = self.embed_with_norms(faces, label)
        return self._embedded[dataset_id]

    def comparable(self, dataset_id: str) -> Embeddings:
        """The embeddings as they are held against FP32's: zeros where FP32's are.

        What FP32 does not embed counts so neither for nor against the mode.
        """
        rows = self.embeddings(dataset_id)
        lost = zero_rows(self.fp32.embeddings(dataset_id)) & np.isfinite(rows).all(axis=1)
        return np.where(lost[:, np.newaxis], np.float32(0), rows) if lost.any() else rows

    def embed(
        self,
        faces: tuple[Face, ...],
        label: str,
        *,
        batch: int | None = None,
        level: ort.GraphOptimizationLevel = ALL,
    ) -> Embeddings:
        """The units of `embed_with_norms`: float32 [faces, d]."""
        return self.embed_with_norms(faces, label, batch=batch, level=level).units

    def embed_with_norms(
        self,
        faces: tuple[Face, ...],
        label: str,
        *,
        batch: int | None = None,
        level: ort.GraphOptimizationLevel = ALL,
    ) -> Embedded:
        """Faces embedded as the card says, in its own batch or another.

        At another level of graph optimisation a session of its own serves.
        """
        optimised = level == ALL
        share = self.bench.share
        session = self.session if optimised else self.open_session(share.threads, level=level)
        with self.bench.progress.step(label) as advance, placed(self.artifact.file.path):
            return embed_with_norms(
                session,
                faces,
                self.feeding.spec,
                self.feeding.outputs,
                self.model.flip,
                batch or self.batch,
                advance,
                share.runs,
            )

    def evidence(self, dataset_id: str) -> Evidence:
        """What the embeddings say of a dataset's pairs.

        Raises
        ------
        VerificationError
            where the pairs have no figures.
        """
        if dataset_id not in self._evidence:
            kept = Kept(self._fp32_thresholds(dataset_id), accepted_thresholds(self, dataset_id))
            rows = self.comparable(dataset_id)
            self._evidence[dataset_id] = self.bench.evaluator(dataset_id).evaluate(rows, kept)
        return self._evidence[dataset_id]

    def _fp32_thresholds(self, dataset_id: str) -> dict[str, float]:
        """FP32's thresholds by metric; none of FP32 itself, and where its pairs have no figures."""
        if self.mode.is_fp32:
            return {}
        try:
            return self.fp32.evidence(dataset_id).kept_thresholds
        except VerificationError:
            return {}

    def open_session(
        self,
        threads: int,
        *,
        cuda_graph: bool = False,
        level: ort.GraphOptimizationLevel = ALL,
    ) -> ort.InferenceSession:
        """A fresh session, its runs replayed as a CUDA graph where the provider's card says so.

        Raises
        ------
        ModelError
            where the artifact cannot be loaded, or is not what the card says.
        ProviderError
            where nodes fell back to another provider.
        """
        session = open_session(
            self.artifact.file.path,
            self.bench.provider,
            threads=threads,
            may_run_elsewhere=self.may_run_elsewhere,
            cuda_graph=cuda_graph,
            level=level,
        )
        feeding = self.feeding
        try:
            check_network(session, feeding.spec, feeding.outputs, self.model.flip)
        except ModelError as error:
            raise not_as_its_card(self.model, self.mode.id, self.brought, error) from None
        return session

    def identity(self, dataset_id: str | None = None) -> dict[str, str | int]:
        """What is measured: hashes of source, artifact or recipe, calibration and dataset."""
        identity: dict[str, str | int] = {"source": self.of_model.source.sha256}
        if self.artifact.brought:
            identity["artifact"] = self.artifact.file.sha256
        else:
            made = self.ingredients
            identity["recipe"] = made.recipe_sha256
            if made.recipe.needs_calibration and made.calibration:
                identity["calibration"] = made.calibration.sha256
        if dataset_id:
            identity["dataset"] = self.bench.dataset(dataset_id).sha256
            identity["batch"] = self.batch
        return identity
