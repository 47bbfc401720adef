"""The workbench of a run: sources, artifacts, embeddings and figures, each made once."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from suite.catalog.catalog import Catalog
from suite.catalog.errors import ModelError
from suite.catalog.folds import FOLDS
from suite.catalog.mode_card import ModeCard
from suite.catalog.model_card import ModelCard, ReferenceRow
from suite.catalog.policy import PolicySpec
from suite.catalog.preprocess import PreprocessSpec
from suite.catalog.provider_card import ProviderCard
from suite.catalog.source import BroughtFile
from suite.datasets.face import Face
from suite.datasets.face_set import FaceSet, refuse_shared_faces
from suite.datasets.loader import load_dataset
from suite.gates.charts import charts, embedding_samples, explain_tensor, tensor_samples
from suite.gates.description import dataset_in_words, model_in_words
from suite.gates.diagnosis import explain_accuracy, find_yunet, is_far_below
from suite.gates.progress import Progress
from suite.gates.uncertainty import flips, uncertainty
from suite.judging.against_fp32 import judge_against_fp32
from suite.judging.measured import Beside, Measured, StrayNode
from suite.judging.outcome import Outcome
from suite.models.onnx_file import OnnxFile
from suite.models.source import open_named
from suite.quantization.artifact import Artifact, Ingredients
from suite.quantization.cache import ArtifactCache
from suite.quantization.inspection import quantized_ops
from suite.quantization.recipe import resolve_recipe
from suite.runtime.embedding import embed
from suite.runtime.footprint import footprint
from suite.runtime.network import check_network, graph_batch
from suite.runtime.placement import fallback
from suite.runtime.profile import device_slug
from suite.runtime.providers import require_provider
from suite.runtime.sessions import open_session
from suite.runtime.trace import trace
from suite.runtime.versions import onnxruntime_version
from suite.verification.errors import VerificationError
from suite.verification.evaluator import Evaluator, Evidence, Pairs
from suite.verification.fidelity import fidelity

T = TypeVar("T")


Embeddings = npt.NDArray[np.float32]


EMBEDDING_BATCH = 32


class Workbench:
    """What a session's gates share. It holds one model's work at a time."""

    def __init__(
        self,
        catalog: Catalog,
        provider: ProviderCard,
        threads: int,
        profile: str,
        cache: Path,
        progress: Progress,
    ) -> None:
        require_provider(provider)
        self.catalog = catalog
        self.provider = provider
        self._threads = threads
        self.profile = profile
        self._progress = progress
        self._cache = ArtifactCache(cache, progress.say)
        self._aligned = cache / "aligned"
        self._datasets: dict[str, FaceSet] = {}
        self._evaluators: dict[str, Evaluator] = {}
        self._model: str | None = None
        self._held: dict[tuple[str, ...], object] = {}

    @property
    def fp32(self) -> ModeCard:
        """The mode that the others are compared with."""
        return next(mode for mode in self.catalog.modes.values() if mode.is_reference)

    def dataset(self, dataset_id: str) -> FaceSet:
        """A dataset, read once in the session."""
        if dataset_id not in self._datasets:
            card = self.catalog.datasets[dataset_id]
            with self._progress.step(f"{dataset_id}: reading") as advance:
                self._datasets[dataset_id] = load_dataset(
                    card,
                    lambda relative: self.catalog.locate(card, relative),
                    self._aligned,
                    advance,
                )
        return self._datasets[dataset_id]

    def source(self, model: ModelCard) -> OnnxFile:
        """The model's FP32 ONNX, verified, and its sets checked to be apart."""

        def make() -> OnnxFile:
            if model.calibration:
                for dataset_id in model.evaluation:
                    refuse_shared_faces(self.dataset(model.calibration), self.dataset(dataset_id))
            return open_named(self.catalog, model, model.source)

        return self._once(model, ("source",), make)

    def artifact(self, model: ModelCard, mode: ModeCard) -> Artifact:
        """The ONNX under test: brought, the source itself, or built."""

        def make() -> Artifact:
            brought = self._brought(model, mode)
            if brought:
                return Artifact(open_named(self.catalog, model, brought), brought=True)
            source = self.source(model)
            ingredients = self._ingredients(model, mode)
            if ingredients.recipe.is_source:
                return Artifact(source)
            with self._progress.step(f"{model.id} {mode.id}: building"):
                return self._cache.get(source, ingredients)

        return self._once(model, ("artifact", mode.id), make)

    def embeddings(self, model: ModelCard, mode: ModeCard, dataset_id: str) -> Embeddings:
        """Every face of a dataset, embedded as the card says: float32 [faces, d]."""
        faces = self.dataset(dataset_id).faces
        label = f"{model.id} {mode.id} {dataset_id}: embedding"
        return self._once(
            model,
            ("embeddings", mode.id, dataset_id),
            lambda: self._embed(model, mode, faces, label),
        )

    def batch(self, model: ModelCard, mode: ModeCard) -> int:
        """The batch in which a mode is evaluated; part of the baseline."""
        return self.fixed_batch(model, mode) or (1 if mode.batch_dependent else EMBEDDING_BATCH)

    def fixed_batch(self, model: ModelCard, mode: ModeCard) -> int | None:
        """The batch that a mode's graph is fixed at, or None where it takes any."""
        return graph_batch(self._session(model, mode), model.outputs)

    def measure_placement(self, model: ModelCard, mode: ModeCard) -> Measured:
        """Where every node of an artifact was put and ran."""

        def make() -> Measured:
            path = self.artifact(model, mode).file.path
            found, ran = trace(
                path, self.provider, model.outputs, model.preprocess, self._elsewhere(mode)
            )
            reason = fallback(found, self.provider)
            return Measured(
                section="placement",
                identity=self.identity(model, mode),
                observed={
                    "nodes": found.nodes,
                    "nodes_elsewhere": len(found.strays),
                    "nodes_fallen_back": len(found.fallen_back),
                    "kernels": ran.kernels,
                    "kernels_elsewhere": ran.kernels_elsewhere,
                    "time_elsewhere": ran.time_elsewhere,
                    "memory_copies": ran.memory_copies,
                },
                strays=tuple(StrayNode(**asdict(stray)) for stray in found.strays),
                problem=reason,
            )

        return self._once(model, ("placement", mode.id), make)

    def measure_artifact(self, model: ModelCard, mode: ModeCard) -> Measured:
        """The artifact loads on the provider; its size and what it quantizes."""
        artifact = self.artifact(model, mode)
        self._session(model, mode)
        figures = {"size_bytes": float(artifact.file.size_bytes)}
        problem = None
        if mode.quantizes:
            ops = quantized_ops(artifact.file.path, mode.quantizes)
            figures["quantized_ops"] = ops.quantized
            figures["float_ops"] = len(ops.left_in_float)
            if not ops.quantized:
                problem = (
                    f"nothing is quantized: {mode.id} claims {', '.join(mode.quantizes)}, and "
                    f"{len(ops.left_in_float)} of them are all in float"
                )
        remarks: tuple[str, ...] = ()
        if mode.is_reference and model.source.sha256 is None:
            remarks = (
                f"nobody publishes the weights' SHA-256: {artifact.file.sha256} was trusted when "
                "it was first seen here",
            )
        return Measured(
            section="artifact",
            identity=self.identity(model, mode),
            figures=figures,
            remarks=remarks,
            described=model_in_words(model) if mode.is_reference else (),
            problem=problem,
        )

    def measure_fingerprint(self, model: ModelCard) -> Measured:
        """What the fixed synthetic inputs become in preprocessing and in FP32."""
        faces = charts(model.preprocess.height, model.preprocess.width)
        embeddings = self._once(
            model,
            ("fingerprint",),
            lambda: self._embed(model, self.fp32, faces, f"{model.id}: fingerprint"),
        )
        identity: dict[str, str | int] = {"source": self.source(model).sha256}
        broken = int((~np.isfinite(embeddings)).any(axis=1).sum())
        if broken:
            problem = (
                f"NaN or infinity in FP32's embeddings of {broken} of {len(faces)} fixed inputs"
            )
            return Measured(section="fingerprint", identity=identity, problem=problem)
        return Measured(
            section="fingerprint",
            identity=identity,
            samples={
                "tensor": tensor_samples(faces, model.preprocess),
                "embedding": embedding_samples(embeddings),
                "size": (float(model.preprocess.height), float(model.preprocess.width)),
            },
        )

    def explain_fingerprint(
        self, model: ModelCard, accepted: Mapping[str, tuple[float, ...]]
    ) -> tuple[str, ...]:
        """Which of the usual suspects explains a fingerprint that is not as accepted."""
        spec = model.preprocess
        size = accepted.get("size", ())
        if size and size != (float(spec.height), float(spec.width)):
            was = "×".join(f"{side:.0f}" for side in size)
            return (f"size: accepted {was}, the card now says {spec.height}×{spec.width}",)
        faces = charts(spec.height, spec.width)
        causes = explain_tensor(accepted.get("tensor", ()), faces, spec)
        if not causes:
            causes = [
                "the preprocessed tensor is as accepted: other weights, another output, another "
                "flip or another runtime changed the embedding"
            ]
        return tuple(causes)

    def measure_verification(self, model: ModelCard, mode: ModeCard, dataset_id: str) -> Measured:
        """Verification figures and how sure they are, with those of FP32 in the same run."""
        identity = self.identity(model, mode, dataset_id)
        section = f"verification.{dataset_id}"
        evaluator = self._evaluator(dataset_id)
        try:
            evidence = self._evidence(model, mode, dataset_id)
        except VerificationError as error:
            return Measured(section=section, identity=identity, problem=str(error))
        notes = self.dataset(dataset_id).remarks
        beside = tuple(_beside(row) for row in model.reference if row.shows(mode.id, dataset_id))
        if mode.is_reference:
            return Measured(
                section=section,
                identity=identity,
                figures=dict(evidence.figures),
                uncertainty=uncertainty(evaluator.units, evidence),
                remarks=(*notes, *self._doubts(model, dataset_id, evidence.figures["accuracy"])),
                described=(self._dataset_in_words(dataset_id),),
                beside=beside,
            )
        try:
            fp32 = self._evidence(model, self.fp32, dataset_id)
        except VerificationError as error:
            problem = f"FP32 has no figures to compare with: {error}"
            return Measured(section=section, identity=identity, problem=problem)
        rows = [self.embeddings(model, each, dataset_id) for each in (self.fp32, mode)]
        evidence = evidence.joined(evaluator.deploy(rows[0], rows[1], fp32))
        fp32 = fp32.as_deployed()
        return Measured(
            section=section,
            identity=identity,
            figures=dict(evidence.figures),
            reference=dict(fp32.figures),
            uncertainty=uncertainty(evaluator.units, evidence, fp32),
            flips=flips(self.dataset(dataset_id), evidence, fp32),
            remarks=notes,
            beside=beside,
        )

    def measure_fidelity(self, model: ModelCard, mode: ModeCard, dataset_id: str) -> Measured:
        """How near the quantized embeddings are to FP32's, image by image."""
        figures: dict[str, float] = {}
        problem = None
        try:
            near = fidelity(
                self.embeddings(model, self.fp32, dataset_id),
                self.embeddings(model, mode, dataset_id),
            )
            figures = {"cosine_mean": near.cosine_mean, "cosine_worst": near.cosine_worst}
        except VerificationError as error:
            problem = str(error)
        return Measured(
            section=f"fidelity.{dataset_id}",
            identity=self.identity(model, mode, dataset_id),
            figures=figures,
            problem=problem,
        )

    def why_unacceptable(self, model: ModelCard, mode: ModeCard) -> str | None:
        """Why a case must not be accepted: nodes fell back, or a gate fails against FP32."""
        for ran in (self.fp32, mode):
            placed = self.measure_placement(model, ran)
            fallen = [stray for stray in placed.strays if stray.fell_back]
            if fallen:
                named = ", ".join(f"{s.name or 'unnamed'} ({s.op_type})" for s in fallen[:3])
                return f"placement: {len(fallen)} nodes of {ran.id} fell back: {named}"
        measures: list[Measured] = [self.measure_artifact(model, mode)]
        for dataset_id in model.evaluation:
            measures.append(self.measure_verification(model, mode, dataset_id))
            if not mode.is_reference:
                measures.append(self.measure_fidelity(model, mode, dataset_id))
        for measured in measures:
            judged = judge_against_fp32(measured, self.policy(model, mode))
            if judged.outcome is Outcome.FAIL:
                return f"{measured.section}: {judged.headline}"
        return None

    def identity(
        self, model: ModelCard, mode: ModeCard, dataset_id: str | None = None
    ) -> dict[str, str | int]:
        """What was measured: hashes of source, artifact or recipe, calibration and dataset."""
        identity: dict[str, str | int] = {"source": self.source(model).sha256}
        artifact = self.artifact(model, mode)
        if artifact.brought:
            identity["artifact"] = artifact.file.sha256
        else:
            ingredients = self._ingredients(model, mode)
            identity["recipe"] = ingredients.recipe_sha256
            if ingredients.recipe.needs_calibration and ingredients.calibration:
                identity["calibration"] = ingredients.calibration.sha256
        if dataset_id:
            identity["dataset"] = self.dataset(dataset_id).sha256
            identity["batch"] = self.batch(model, mode)
        return identity

    def hashes(self, model: ModelCard, mode: ModeCard, dataset_id: str | None) -> dict[str, str]:
        """The SHA-256 of what a gate works on: source, artifact, calibration, dataset."""
        identity = self.identity(model, mode, dataset_id)
        named = ("source", "calibration", "dataset")
        found = {name: str(identity[name]) for name in named if name in identity}
        return {**found, "artifact": self.artifact(model, mode).file.sha256}

    def policy(self, model: ModelCard, mode: ModeCard) -> PolicySpec:
        """What a mode may cost a model on this provider."""
        return self.catalog.policy(model, mode, self.provider)

    def latency_session(self, model: ModelCard, mode: ModeCard) -> ort.InferenceSession:
        """A fresh session with the provider's latency threads, its runs replayed if the card says.

        Raises
        ------
        ProviderError
            where nodes fell back to another provider.
        """
        return self._open(model, mode, self.provider.threads.latency, cuda_graph=True)

    def latency_section(self, batch: int) -> str:
        """Where a speed-up is accepted: per device model and onnxruntime minor version."""
        minor = ".".join(onnxruntime_version().split(".")[:2])
        return f"latency.{device_slug(self.provider)}.onnxruntime-{minor}.batch{batch}"

    def footprint(self, model: ModelCard, mode: ModeCard) -> dict[str, float]:
        """What loading and first running a mode costs, one image at a time."""

        def make() -> dict[str, float]:
            found = footprint(
                self.artifact(model, mode).file.path,
                self.provider,
                model.outputs.input,
                model.preprocess.shape(1),
            )
            return {name: value for name, value in asdict(found).items() if value is not None}

        return self._once(model, ("footprint", mode.id), make)

    def _doubts(self, model: ModelCard, dataset_id: str, accuracy: float) -> tuple[str, ...]:
        """Why FP32 may not be the published model: the usual mistakes, tried."""
        if not is_far_below(model, dataset_id, accuracy):
            return ()
        session, batch = self._session(model, self.fp32), self.batch(model, self.fp32)

        def embedded(faces: tuple[Face, ...], spec: PreprocessSpec) -> Embeddings:
            return embed(session, faces, spec, model.outputs, "none", batch)

        def make() -> tuple[str, ...]:
            with self._progress.step(f"{model.id}: why is FP32 far below what is published?"):
                faces, yunet = self.dataset(dataset_id), find_yunet(self.catalog)
                return explain_accuracy(model, faces, accuracy, embedded, yunet)

        return self._once(model, ("doubts", dataset_id), make)

    def _dataset_in_words(self, dataset_id: str) -> str:
        return dataset_in_words(self.catalog.datasets[dataset_id], self.dataset(dataset_id))

    def _evaluator(self, dataset_id: str) -> Evaluator:
        if dataset_id not in self._evaluators:
            faces = self.dataset(dataset_id)
            # LFW's View 1 is one fold, of which ten are made as of any list.
            folds = faces.fold_sizes or (faces.folds if faces.folds > 1 else FOLDS)
            pairs = Pairs(faces.left, faces.right, faces.genuine, faces.people, folds)
            self._evaluators[dataset_id] = Evaluator(pairs)
        return self._evaluators[dataset_id]

    def _evidence(self, model: ModelCard, mode: ModeCard, dataset_id: str) -> Evidence:
        return self._once(
            model,
            ("evidence", mode.id, dataset_id),
            lambda: self._evaluator(dataset_id).evaluate(self.embeddings(model, mode, dataset_id)),
        )

    def _embed(
        self, model: ModelCard, mode: ModeCard, faces: tuple[Face, ...], label: str
    ) -> Embeddings:
        with self._progress.step(label) as advance:
            return embed(
                self._session(model, mode),
                faces,
                model.preprocess,
                model.outputs,
                model.flip,
                self.batch(model, mode),
                advance,
            )

    def _session(self, model: ModelCard, mode: ModeCard) -> ort.InferenceSession:
        return self._once(
            model, ("session", mode.id), lambda: self._open(model, mode, self._threads)
        )

    def _open(
        self, model: ModelCard, mode: ModeCard, threads: int, *, cuda_graph: bool = False
    ) -> ort.InferenceSession:
        session = open_session(
            self.artifact(model, mode).file.path,
            self.provider,
            threads=threads,
            may_run_elsewhere=self._elsewhere(mode),
            cuda_graph=cuda_graph,
        )
        try:
            check_network(session, model.preprocess, model.outputs, model.flip)
        except ModelError as error:
            raise ModelError(where=model.card_file, what=f"{error}") from None
        return session

    def _elsewhere(self, mode: ModeCard) -> tuple[str, ...]:
        return mode.may_run_elsewhere.get(self.provider.id, ())

    def _ingredients(self, model: ModelCard, mode: ModeCard) -> Ingredients:
        recipe = resolve_recipe(mode, self.provider, self.profile)
        assert recipe is not None, "a mode without a recipe is only selected where it is brought"
        return Ingredients(
            source_sha256=self.source(model).sha256,
            recipe=recipe,
            preprocess=model.preprocess,
            outputs=model.outputs,
            calibration=self.dataset(model.calibration) if model.calibration else None,
        )

    def _brought(self, model: ModelCard, mode: ModeCard) -> BroughtFile | None:
        brought = model.artifacts.get(mode.id)
        return brought.for_provider(self.provider.id) if brought else None

    def _once(self, model: ModelCard, key: tuple[str, ...], make: Callable[[], T]) -> T:
        if self._model != model.id:
            self._model, self._held = model.id, {}
        if key not in self._held:
            self._held[key] = make()
        return cast(T, self._held[key])


def _beside(row: ReferenceRow) -> Beside:
    given = row.model_dump(by_alias=True, exclude_none=True, exclude={"mode", "dataset", "title"})
    return Beside(title=row.title, figures=given)
