"""The card of a mode, and its recipe."""

from typing import ClassVar, Literal

from pydantic import field_validator

from suite.catalog.policy import PolicySpec, with_tolerance
from suite.catalog.table import Card, CardId, HashedTable, Table

OpType = Literal["Conv", "MatMul", "Gemm"]
# As onnxruntime names them.
IntegerType = Literal["QInt8", "QUInt8"]
CalibrationMethod = Literal["MinMax", "Entropy", "Percentile"]
# A new method is named in `RecipeSpec.method`, and here where it is calibrated; its module is in
# `suite.quantization.methods`.
_CALIBRATED = frozenset({"static_qdq"})


class RecipeSpec(HashedTable):
    """How a mode is made: what is handed to ``onnxruntime.quantization``.

    No ``op_types`` are all that onnxruntime can quantize. In QDQ form that is what keeps accuracy:
    where a Relu or Clip is left out, the Conv before it spends half its range on what the Relu
    would have cut off.
    """

    FORMAT_1: ClassVar = frozenset(
        {
            *("method", "op_types", "weight_type", "activation_type", "symmetric_activations"),
            *("per_channel", "reduce_range", "calibration_method"),
        }
    )

    method: Literal["none", "dynamic", "static_qdq"]
    op_types: tuple[str, ...] = ()
    weight_type: IntegerType = "QInt8"
    activation_type: IntegerType = "QUInt8"
    symmetric_activations: bool = False
    per_channel: bool = False
    reduce_range: bool = False
    calibration_method: CalibrationMethod = "MinMax"

    @property
    def needs_calibration(self) -> bool:
        """Whether the artifact depends on calibration faces and how they are fed."""
        return self.method in _CALIBRATED

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


class ModeCard(Card):
    """A mode: its recipe, how it is evaluated, what may jitter and what it may cost.

    A mode without a recipe serves artifacts that are only ever brought. One that ``extends``
    another has what its own card leaves out from that. ``batch_dependent``
    marks a mode in which an image's embedding depends on its neighbours in the batch
    (onnxruntime#10111), so that it is evaluated one image at a time. ``quantizes`` names the
    op types that the mode claims to quantize; ``may_run_elsewhere`` those that need not run on
    a provider, by its id. ``tolerances`` are those that differ from the figures' own.
    """

    extends: CardId | None = None
    quantizes: tuple[OpType, ...] = ()
    batch_dependent: bool = False
    recipe: RecipeSpec | None = None
    may_run_elsewhere: dict[CardId, tuple[str, ...]] = {}
    recipe_for_profile: dict[str, RecipeOverride] = {}
    tolerances: dict[str, float] = {}
    policy: PolicySpec = PolicySpec()

    _compared = field_validator("tolerances")(with_tolerance)

    @property
    def is_fp32(self) -> bool:
        """Whether this is the FP32 that the others are compared with."""
        return self.recipe is not None and self.recipe.is_source
