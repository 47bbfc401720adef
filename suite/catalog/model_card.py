"""The card of a model."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from suite.catalog.policy import ModeOverride
from suite.catalog.preprocess import PreprocessSpec
from suite.catalog.source import BroughtArtifact, Interface, SourceSpec
from suite.catalog.table import Card, CardId, Fraction, Speed, Table


class ReferenceRow(Table):
    """What somebody else measured of a model in a mode, shown beside our figures and not gated.

    Sizes are in MiB, latencies in milliseconds. A row of ``lfw`` is one of ``lfw-raw`` as well.
    ``doubts`` say what in it contradicts its protocol, a sentence each without the full stop.
    """

    mode: CardId
    dataset: CardId
    title: str
    accuracy: Fraction | None = None
    tar_at_far_1e_3: Fraction | None = Field(default=None, alias="tar_at_far_1e-3")
    tar_at_far_1e_4: Fraction | None = Field(default=None, alias="tar_at_far_1e-4")
    roc_auc: Fraction | None = None
    size_mib: Speed | None = None
    latency_ms: Speed | None = None
    doubts: tuple[str, ...] = ()

    def shows(self, mode: str, dataset: str) -> bool:
        """Whether the row is of this mode and dataset."""
        return self.mode == mode and self.dataset in (dataset, dataset.split("-")[0])


class OutputSpec(Table):
    """The network's inputs and outputs by name; none means the only one there is."""

    input: str | None = None
    embedding: str | None = None
    norm: str | None = None
    embedding_dim: Annotated[int, Field(ge=1, le=1_000_000)]


@dataclass(frozen=True)
class Feeding:
    """How a network is fed, and what is taken of its outputs."""

    spec: PreprocessSpec
    outputs: OutputSpec


class PublishedAccuracy(Table):
    """The 10-fold accuracy that the model's authors report."""

    accuracy: Fraction
    dataset: str
    source: str


class ModelCard(Card):
    """One face-recognition model and how it is fed and judged.

    ``non_commercial`` says why a licence must be accepted; a model ``on_request`` runs where it is
    named alone. ``selection`` are faces that layers are weighed on: of nobody who is calibrated on
    or evaluated; half of the calibration faces where it is None. ``further_modes`` are modes on
    request that it runs in unasked. ``untrained`` weights are made ones, of which nothing is asked
    that only a recogniser does.
    """

    family: str
    licence: str
    non_commercial: str | None = None
    on_request: bool = False
    untrained: bool = False
    source: SourceSpec
    preprocess: PreprocessSpec
    outputs: OutputSpec
    flip: Literal["none", "add", "concat", "norm_weighted"]
    published: PublishedAccuracy | None = None
    calibration: CardId | None = None
    selection: CardId | None = None
    evaluation: Annotated[tuple[CardId, ...], Field(min_length=1)]
    further_modes: tuple[CardId, ...] = ()
    artifacts: dict[str, BroughtArtifact] = {}
    modes: dict[str, ModeOverride] = {}
    reference: tuple[ReferenceRow, ...] = ()

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets that it needs, those that it is evaluated on first."""
        return (*self.evaluation, *filter(None, (self.calibration, self.selection)))

    def feeding(self, brought: Interface | None = None) -> Feeding:
        """How the source is fed, or an artifact with an interface of its own."""
        if brought is None:
            return Feeding(self.preprocess, self.outputs)
        given = brought.model_dump(exclude_none=True, include={"input", "embedding", "norm"})
        spec = self.preprocess.model_copy(
            update={
                "layout": brought.layout or self.preprocess.layout,
                "quantized": brought.quantized_input,
            }
        )
        return Feeding(spec, self.outputs.model_copy(update=given))

    @field_validator("preprocess")
    @classmethod
    def _source_takes_no_integers(cls, value: PreprocessSpec) -> PreprocessSpec:
        if value.quantized:
            raise ValueError(
                "has quantized, which FP32 is not: write quantized_input under [artifacts.<mode>]"
            )
        return value

    @model_validator(mode="after")
    def _norm_has_an_output(self) -> Self:
        if self.flip == "norm_weighted" and not self.outputs.norm:
            raise ValueError("flip = 'norm_weighted' needs outputs.norm, the norm output's name")
        return self
