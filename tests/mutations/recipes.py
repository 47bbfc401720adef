"""Other recipes than the accepted one; some are a team's choice, and no mistake."""

from tests.mutations.mutation import Change, Side, mutation

_CHOICE = "another recipe, which a team may choose and then accepts"


@mutation("scales per tensor", Side.INT8, benign=_CHOICE)
def per_tensor() -> Change:
    return Change(recipe={"per_channel": False})


@mutation("S8S8", Side.INT8, benign=_CHOICE)
def signed() -> Change:
    return Change(recipe={"activation_type": "QInt8"})


@mutation("U8U8", Side.INT8, benign=_CHOICE)
def unsigned() -> Change:
    return Change(recipe={"weight_type": "QUInt8", "per_channel": False})


@mutation("7-bit weights", Side.INT8, benign=_CHOICE)
def reduced_range() -> Change:
    return Change(recipe={"reduce_range": True})


@mutation("ranges by percentile", Side.INT8, benign=_CHOICE)
def percentile() -> Change:
    return Change(recipe={"calibration_method": "Percentile"})


@mutation("ranges by entropy", Side.INT8, benign=_CHOICE)
def entropy() -> Change:
    return Change(recipe={"calibration_method": "Entropy"})


@mutation("symmetric activations", Side.INT8, benign=_CHOICE)
def symmetric() -> Change:
    return Change(recipe={"activation_type": "QInt8", "symmetric_activations": True})


@mutation("Convs left in float", Side.INT8)
def convs_in_float() -> Change:
    return Change(recipe={"op_types": ("MatMul", "Gemm")})
