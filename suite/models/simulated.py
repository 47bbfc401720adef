"""Signs that a float network was quantized before: simulated quantization leaves float32 files."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from suite.models.arithmetic import DENSE_OPS
from suite.models.graph import all_graphs, all_nodes

# Channels of a tensor that are looked at, and the fewest weights of one that can tell.
_CHANNELS, _LEAST = 4, 24
# The levels of 8 bits, and how near to one a weight must lie, in steps.
_LEVELS, _NEAR = 255, 0.01


def signs_of_simulation(model: onnx.ModelProto) -> str | None:
    """Why a float32 network looks as if it had been quantized, in words; None where it does not.

    Weights are on a grid where each channel's are whole multiples of a step, of which 8 bits have
    room for 255. A single Round may be a part of preprocessing; several are simulated quantization.

    Parameters
    ----------
    model : with all its weights in it, as `load_whole` gives it
    """
    rounds = [node for node in all_nodes(model) if node.op_type == "Round"]
    if len(rounds) > 1:
        first = rounds[0].name or rounds[0].output[0]
        what = f"{len(rounds)} nodes round, the first {first!r}"
    else:
        found = [_is_on_a_grid(rows) for rows in _weights(model)]
        if not found or sum(found) * 2 < len(found):
            return None
        what = f"the weights of {sum(found)} of {len(found)} layers lie on grids of 8 bits"
    return (
        f"{what}, as simulated quantization leaves them: what that cost is in no figure; name the "
        "file that it was made from as the source"
    )


def _weights(model: onnx.ModelProto) -> Iterator[npt.NDArray[np.float64]]:
    """Some channels of each dense op's weights, float64 [channels, weights], of those large enough.

    Those of MatMul and Gemm are looked at along both axes' slices alike: a grid of the whole tensor
    is one of each slice.
    """
    held = {tensor.name: tensor for graph in all_graphs(model) for tensor in graph.initializer}
    for node in all_nodes(model):
        dense = DENSE_OPS.get(node.op_type)
        if dense is None or len(node.input) <= dense.weights:
            continue
        tensor = held.get(node.input[dense.weights])
        if tensor is None or tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) < 2:
            continue
        array = numpy_helper.to_array(tensor)
        rows = array.reshape(len(array), -1) if node.op_type == "Conv" else array.T
        if rows.shape[1] >= _LEAST:
            with np.errstate(invalid="ignore"):  # of values that are not numbers
                some = rows[:_CHANNELS].astype(np.float64)
            yield some


def _is_on_a_grid(rows: npt.NDArray[np.float64]) -> bool:
    return all(_is_row_on_a_grid(row) for row in rows)


def _is_row_on_a_grid(row: npt.NDArray[np.float64]) -> bool:
    distinct = np.unique(row)
    if len(distinct) < 3 or not np.isfinite(distinct).all():
        return False
    step = np.diff(distinct)
    step = step[step > np.ptp(distinct) * 1e-5].min(initial=np.inf)
    places = (distinct - distinct[0]) / step
    return bool(places[-1] <= _LEVELS + 0.5 and np.abs(places - places.round()).max() < _NEAR)
