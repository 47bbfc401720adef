"""The cards of a catalog: what is under test, as frozen, typed data."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from suite.errors import nearest
from suite.metrics import METRICS, SHARES, WITH_INTERVAL

CardId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Fraction = Annotated[float, Field(ge=0, le=1)]
Speed = Annotated[float, Field(gt=0)]
Channels = tuple[float, float, float]
CPU = "CPUExecutionProvider"
# What `draft` writes where a person has to say something; no card with one left is read.
BLANK = "FILL IN"
OpType = Literal["Conv", "MatMul", "Gemm"]


class Table(BaseModel):
    """A table of a card: no unknown key, no silent conversion, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Card(Table):
    """What every card has: an id unique among its kind, and the file it was read from."""

    id: CardId
    title: str = ""
    card_file: Path = Field(exclude=True)


class PreprocessSpec(Table):
    """How pixels become the network's input: ``(pixel · scale / 255 − mean) / std``.

    ``mean`` and ``std`` are given channel by channel in the order of ``color_order``.
    """

    height: Annotated[int, Field(ge=1, le=4096)]
    width: Annotated[int, Field(ge=1, le=4096)]
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    color_order: Literal["RGB", "BGR"]
    mean: Channels
    std: Channels
    scale: float

    def shape(self, batch: int) -> tuple[int, int, int, int]:
        """The input tensor of so many images."""
        if self.layout == "NHWC":
            return batch, self.height, self.width, 3
        return batch, 3, self.height, self.width

    @field_validator("scale")
    @classmethod
    def _scale_is_known(cls, value: float) -> float:
        if value not in (1.0, 255.0):
            raise ValueError(
                "must be 1 (mean and std are for pixels in 0…1) or 255 (for pixels in 0…255)"
            )
        return value

    @field_validator("std")
    @classmethod
    def _std_divides(cls, value: Channels) -> Channels:
        if min(value) <= 0:
            raise ValueError("must be positive in each channel")
        return value


Architecture = Literal["inception_resnet_v1", "iresnet50", "adaface_ir50"]
Address = Annotated[str, Field(pattern=r"^https?://\S+$")]


class CheckpointSpec(Table):
    """A PyTorch checkpoint that a model's ONNX is exported from; one without a hash is pinned."""

    file: str
    architecture: Architecture
    sha256: Sha256 | None = None


class SourceSpec(Table):
    """Where a model's FP32 ONNX comes from.

    Attributes
    ----------
    file : the ONNX file's name
    sha256 : its hash; none where nobody publishes one, so that the first file seen is pinned
    url : where the checkpoint, the archive or the file itself is downloaded
    member : the ONNX file's name in the ZIP archive at ``url``
    page : where a human downloads what no program can
    checkpoint : what the ONNX file is exported from
    """

    file: str
    sha256: Sha256 | None = None
    url: Address | None = None
    member: str | None = None
    page: Address | None = None
    checkpoint: CheckpointSpec | None = None

    @model_validator(mode="after")
    def _has_a_hash_or_an_origin(self) -> Self:
        if self.sha256 is None and not (self.url or self.page):
            raise ValueError("needs sha256, the file's hash, or the url or page that it is from")
        if self.member and not self.url:
            raise ValueError("has a member and no url, the archive's address")
        return self


class ReferenceRow(Table):
    """What somebody else measured of a model in a mode, shown beside our figures and not gated.

    Sizes are in MiB, latencies in milliseconds. A row of ``lfw`` is one of ``lfw-raw`` as well.
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

    def shows(self, mode: str, dataset: str) -> bool:
        """Whether the row is of this mode and dataset."""
        return self.mode == mode and self.dataset in (dataset, dataset.split("-")[0])


class OutputSpec(Table):
    """The network's inputs and outputs by name; none means the only one there is."""

    input: str | None = None
    embedding: str | None = None
    norm: str | None = None
    embedding_dim: Annotated[int, Field(ge=1)]


class PublishedAccuracy(Table):
    """The 10-fold accuracy that the model's authors report."""

    accuracy: Fraction
    dataset: str
    source: str


class BroughtFile(Table):
    """A quantized ONNX file made elsewhere."""

    file: str
    sha256: Sha256


class BroughtArtifact(Table):
    """A quantized ONNX for one mode: one file for all providers, or one per provider."""

    file: str | None = None
    sha256: Sha256 | None = None
    providers: dict[str, BroughtFile] = {}

    @model_validator(mode="after")
    def _one_or_per_provider(self) -> Self:
        if bool(self.file) != bool(self.sha256) or not (self.file or self.providers):
            raise ValueError("needs file and sha256, or a table providers.<id> with both")
        return self

    def for_provider(self, provider_id: str) -> BroughtFile | None:
        """The file for a provider: its own, else the one for all."""
        if provider_id in self.providers:
            return self.providers[provider_id]
        if self.file and self.sha256:
            return BroughtFile(file=self.file, sha256=self.sha256)
        return None


def _known_metrics(values: dict[str, float]) -> dict[str, float]:
    for name, value in values.items():
        if name not in METRICS:
            raise ValueError(f"has no metric {name!r}; {nearest(name, METRICS)}")
        if not 0 <= value < float("inf"):
            raise ValueError(f"{name} must be a number of 0 or more")
    return values


class PolicySpec(Table):
    """What quantization may cost against FP32 of the same run.

    ``loss`` bounds how much worse than FP32 a metric may be, ``floor`` is the least a metric of
    the quantized model itself may be. A loss of the metrics in ``on_interval`` is judged on its
    95 % interval: it fails where all of it lies beyond the limit, passes where all lies within.
    """

    loss: dict[str, float] = {}
    floor: dict[str, float] = {}
    on_interval: tuple[str, ...] = ()

    _metrics = field_validator("loss", "floor")(_known_metrics)

    @field_validator("floor")
    @classmethod
    def _shares_can_reach_it(cls, values: dict[str, float]) -> dict[str, float]:
        for name in SHARES:
            if values.get(name, 0) > 1:
                raise ValueError(
                    f"has {name} = {values[name]:g}, which is a share and never above 1: write "
                    "92 % as 0.92"
                )
        return values

    @field_validator("on_interval")
    @classmethod
    def _has_intervals(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in WITH_INTERVAL:
                raise ValueError(
                    f"has {name!r}, which has no interval; those are {', '.join(WITH_INTERVAL)}"
                )
        return value


class ModeOverride(Table):
    """What a model's card says otherwise than a mode's card; the speed floor, by provider."""

    tolerances: dict[str, float] = {}
    policy: PolicySpec = PolicySpec()
    speed_floor: dict[CardId, Speed] = {}

    _metrics = field_validator("tolerances")(_known_metrics)


class ModelCard(Card):
    """One face-recognition model and how it is fed and judged.

    ``non_commercial`` says why a licence must be accepted; a model ``on_request`` runs where it is
    named alone.
    """

    family: str
    licence: str
    non_commercial: str | None = None
    on_request: bool = False
    source: SourceSpec
    preprocess: PreprocessSpec
    outputs: OutputSpec
    flip: Literal["none", "add", "concat", "norm_weighted"]
    published: PublishedAccuracy | None = None
    calibration: CardId | None = None
    evaluation: Annotated[tuple[CardId, ...], Field(min_length=1)]
    artifacts: dict[str, BroughtArtifact] = {}
    modes: dict[str, ModeOverride] = {}
    reference: tuple[ReferenceRow, ...] = ()

    @model_validator(mode="after")
    def _norm_has_an_output(self) -> Self:
        if self.flip == "norm_weighted" and not self.outputs.norm:
            raise ValueError("flip = 'norm_weighted' needs outputs.norm, the norm output's name")
        return self


class RecipeSpec(Table):
    """How a mode is made: what is handed to ``onnxruntime.quantization``.

    No ``op_types`` are all that onnxruntime can quantize. In QDQ form that is what keeps accuracy:
    where a Relu or Clip is left out, the Conv before it spends half its range on what the Relu
    would have cut off.
    """

    method: Literal["none", "dynamic", "static_qdq"]
    op_types: tuple[str, ...] = ()
    weight_type: Literal["QInt8", "QUInt8"] = "QInt8"
    activation_type: Literal["QInt8", "QUInt8"] = "QUInt8"
    symmetric_activations: bool = False
    per_channel: bool = False
    reduce_range: bool = False
    calibration_method: Literal["MinMax", "Entropy", "Percentile"] = "MinMax"


class RecipeOverride(Table):
    """What a provider or a profile changes in a recipe."""

    op_types: tuple[str, ...] | None = None
    weight_type: Literal["QInt8", "QUInt8"] | None = None
    activation_type: Literal["QInt8", "QUInt8"] | None = None
    symmetric_activations: bool | None = None
    per_channel: bool | None = None
    reduce_range: bool | None = None
    calibration_method: Literal["MinMax", "Entropy", "Percentile"] | None = None


class ModeCard(Card):
    """A mode: its recipe, how it is evaluated, what may jitter and what it may cost.

    A mode without a recipe serves artifacts that are only ever brought. ``batch_dependent``
    marks a mode in which an image's embedding depends on its neighbours in the batch
    (onnxruntime#10111), so that it is evaluated one image at a time. ``quantizes`` names the
    op types that the mode claims to quantize; ``may_run_elsewhere`` those that need not run on
    a provider, by its id.
    """

    quantizes: tuple[OpType, ...] = ()
    batch_dependent: bool = False
    recipe: RecipeSpec | None = None
    may_run_elsewhere: dict[CardId, tuple[str, ...]] = {}
    recipe_for_profile: dict[str, RecipeOverride] = {}
    tolerances: dict[str, float]
    policy: PolicySpec = PolicySpec()

    _metrics = field_validator("tolerances")(_known_metrics)

    @property
    def is_reference(self) -> bool:
        """Whether this is the FP32 that the others are compared with."""
        return self.recipe is not None and self.recipe.method == "none"


class ThreadSpec(Table):
    """Intra-op threads of a session; 0 lets onnxruntime use every core."""

    embedding: Annotated[int, Field(ge=0)] = 0
    latency: Annotated[int, Field(ge=0)] = 1


class PlacementSpec(Table):
    """Where nodes may run besides the provider asked for.

    ``also_on`` are execution providers registered after it, on the same hardware, as CUDA is
    after TensorRT; ``nodes_elsewhere`` is how many nodes may run on any other.
    """

    also_on: tuple[str, ...] = ()
    nodes_elsewhere: Annotated[int, Field(ge=0)] = 0


class ProviderCard(Card):
    """An ONNX Runtime execution provider: its options, what it can run, how fast it must be.

    Attributes
    ----------
    memory : the memory that a latency gate binds inputs and outputs to, as `onnxruntime.OrtValue`
        names it
    cuda_graph_option : the provider's option with which latency is measured on a captured CUDA
        graph; none where it is not
    threads_option : the provider's own option that takes the number of threads
    engine_folder_option : the provider's own option that names a folder for what it compiles; it
        gets one that lasts for the run, so that no engine of another artifact is ever used
    throughput_batch : images a run where images per second are measured
    profile : the profile that INT8 baselines are accepted on; else made of the id and hardware
    recipe : what changes in a mode's recipe, by mode
    not_applicable : why a mode cannot be run, by mode
    speed_floor : the least speed-up over FP32, by mode
    install, needs : how to install it and what must be present, for whoever lacks it
    """

    execution_provider: str
    options: dict[str, str] = {}
    threads: ThreadSpec = ThreadSpec()
    threads_option: str | None = None
    engine_folder_option: str | None = None
    memory: Annotated[str, Field(pattern=r"^[a-z]+$")] = "cpu"
    cuda_graph_option: str | None = None
    throughput_batch: Annotated[int, Field(ge=2)] = 8
    profile: CardId | None = None
    placement: PlacementSpec = PlacementSpec()
    recipe: dict[CardId, RecipeOverride] = {}
    not_applicable: dict[CardId, Annotated[str, Field(min_length=1)]] = {}
    speed_floor: dict[CardId, Speed] = {}
    install: str = ""
    needs: str = ""

    @property
    def on_cpu_kernels(self) -> bool:
        """Whether this is onnxruntime's own CPU provider."""
        return self.execution_provider == CPU

    @property
    def device_id(self) -> int:
        """The device among several of its kind; 0 where the options name none."""
        given = self.options.get("device_id", "0")
        return int(given) if given.isdecimal() else 0

    @property
    def hardware(self) -> tuple[str, ...]:
        """The execution providers that are on the asked hardware."""
        return (self.execution_provider, *self.placement.also_on)
