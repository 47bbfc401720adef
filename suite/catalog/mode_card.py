"""The card of a mode, and its recipe."""

from typing import ClassVar, Literal, Self, get_args

from pydantic import field_validator, model_validator

from suite.catalog.policy import PolicySpec, with_tolerance
from suite.catalog.table import Card, CardId, HashedTable, Table

OpType = Literal["Conv", "MatMul", "Gemm"]
# As onnxruntime names them.
IntegerType = Literal["QInt8", "QUInt8"]
OnnxRuntimeCalibration = Literal["MinMax", "Entropy", "Percentile"]
CalibrationMethod = OnnxRuntimeCalibration | Literal["TopK", "MSE"]
# Of the method "steps", in the order in which they are done; a module each in
# `suite.quantization.steps`.
Step = Literal[
    "tidy",
    "gemm_heads",
    "fold_batch_norm",
    "flip_slopes",
    "equalize",
    "prelu_as_max",
    "expand_prelu",
    "quantize",
    "correct_bias",
    "mix",
]
# The built-in mode in which FP32 is rewritten to run fast, computing the same.
PREPARED = "fp32_prepared"
# A new method is named in `RecipeSpec.method`, and here where it is calibrated; its module is in
# `suite.quantization.methods`.
_CALIBRATED = frozenset({"static_qdq", "static_qoperator"})
_CALIBRATED_STEPS = frozenset({"equalize", "quantize", "correct_bias", "mix"})
_QUANTIZED_STEPS = frozenset({"quantize", "correct_bias", "mix"})


class RecipeSpec(HashedTable):
    """How a mode is made: what is handed to ``onnxruntime.quantization``, or the steps of our own.

    No ``op_types`` are all that onnxruntime can quantize. In QDQ form that is what keeps accuracy:
    where a Relu or Clip is left out, the Conv before it spends half its range on what the Relu
    would have cut off. Of the method ``steps`` all but ``quantize``, ``correct_bias`` and ``mix``
    are exact in FP32; ``keep_float`` names what is not quantized: nodes, or "first_conv".
    """

    FORMAT_1: ClassVar = frozenset(
        {
            *("method", "op_types", "weight_type", "activation_type", "symmetric_activations"),
            *("per_channel", "reduce_range", "calibration_method"),
        }
    )

    method: Literal["none", "dynamic", "static_qdq", "static_qoperator", "fp16", "steps"]
    op_types: tuple[str, ...] = ()
    weight_type: IntegerType = "QInt8"
    activation_type: IntegerType = "QUInt8"
    symmetric_activations: bool = False
    per_channel: bool = False
    reduce_range: bool = False
    calibration_method: CalibrationMethod = "MinMax"
    steps: tuple[Step, ...] = ()
    keep_float: tuple[str, ...] = ()

    @field_validator("steps")
    @classmethod
    def _in_their_order(cls, given: tuple[Step, ...]) -> tuple[Step, ...]:
        order = get_args(Step)
        if list(given) != sorted(set(given), key=order.index):
            raise ValueError(f"must be in this order, each at most once: {', '.join(order)}")
        for step in ("correct_bias", "mix"):
            if step in given and "quantize" not in given:
                raise ValueError(f"has {step}, which mends what quantize does: add that")
        return given

    @model_validator(mode="after")
    def _steps_where_they_are_taken(self) -> Self:
        if bool(self.steps) != (self.method == "steps"):
            raise ValueError('has steps where its method is "steps", and nowhere else')
        own = self.calibration_method not in get_args(OnnxRuntimeCalibration)
        if own and self.method != "steps":
            raise ValueError(
                f"has calibration_method {self.calibration_method}, which only the method "
                f'"steps" has; choose one of {", ".join(get_args(OnnxRuntimeCalibration))}'
            )
        return self

    @property
    def needs_calibration(self) -> bool:
        """Whether the artifact depends on calibration faces and how they are fed."""
        return self.method in _CALIBRATED or not _CALIBRATED_STEPS.isdisjoint(self.steps)

    @property
    def sees_calibration(self) -> bool:
        """Whether calibration faces are at work where there are any: steps are proved on them."""
        return self.needs_calibration or self.method == "steps"

    @property
    def quantizes(self) -> bool:
        """Whether layers are put into 8 bits."""
        by_steps = self.method == "steps" and "quantize" in self.steps
        return by_steps or self.method in _CALIBRATED or self.method == "dynamic"

    @property
    def sees_policy(self) -> bool:
        """Whether the artifact depends on what its mode's policy asks of it."""
        return "mix" in self.steps

    @property
    def in_float(self) -> "RecipeSpec":
        """The recipe of the network that this one quantizes: the same up to there."""
        steps = tuple(step for step in self.steps if step not in _QUANTIZED_STEPS)
        return self.model_copy(update={"method": "steps", "steps": steps})

    @property
    def is_source(self) -> bool:
        """Whether nothing is built: the artifact is the model's source itself."""
        return self.method == "none"


class RecipeOverride(Table):
    """What a provider or a profile changes in a recipe."""

    op_types: tuple[str, ...] | None = None
    weight_type: IntegerType | None = None
    activation_type: IntegerType | None = None
    symmetric_activations: bool | None = None
    per_channel: bool | None = None
    reduce_range: bool | None = None
    calibration_method: CalibrationMethod | None = None
    steps: tuple[Step, ...] | None = None
    keep_float: tuple[str, ...] | None = None


class ModeCard(Card):
    """A mode: its recipe, how it is evaluated, what may jitter and what it may cost.

    A mode without a recipe serves artifacts that are only ever brought. One that ``extends``
    another has what its own card leaves out from that. One ``on_request`` runs where it is named,
    where a model's card has it among its further modes, and where that brings an artifact for it.
    ``batch_dependent``
    marks a mode in which an image's embedding depends on its neighbours in the batch
    (onnxruntime#10111), so that it is evaluated one image at a time. ``quantizes`` names the
    op types that the mode claims to quantize; ``may_run_elsewhere`` those that need not run on
    a provider, by its id. ``tolerances`` are those that differ from the figures' own.
    """

    extends: CardId | None = None
    on_request: bool = False
    quantizes: tuple[OpType, ...] = ()
    batch_dependent: bool = False
    recipe: RecipeSpec | None = None
    may_run_elsewhere: dict[CardId, tuple[str, ...]] = {}
    recipe_for_profile: dict[str, RecipeOverride] = {}
    tolerances: dict[str, float] = {}
    policy: PolicySpec = PolicySpec()

    _compared = field_validator("tolerances")(with_tolerance)

    @model_validator(mode="after")
    def _fp32_is_always_there(self) -> Self:
        if self.on_request and self.is_fp32:
            raise ValueError(
                "has on_request, and is what the other modes are held against: take the key out"
            )
        return self

    @property
    def is_fp32(self) -> bool:
        """Whether this is the FP32 that the others are compared with."""
        return self.recipe is not None and self.recipe.is_source
