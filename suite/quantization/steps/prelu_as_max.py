"""PReLU written as the larger of two tensors, which integer kernels choose without rounding."""

from collections.abc import Sequence

import numpy as np
from onnx import helper

from suite.quantization.shapes import Shapes
from suite.quantization.steps.kept_in_float import FIRST_CONV, first_conv
from suite.quantization.steps.net import Net
from suite.quantization.steps.slopes import scaled, slopes_of
from suite.quantization.steps.step import Rewritten


def prelu_as_max(net: Net, shapes: Shapes, keep_float: Sequence[str] = ()) -> Rewritten:
    """Write each PReLU with slopes a ≤ 1 by channel as Max(x, a · x).

    The product is a depthwise Conv of one pixel. In 8 bits it is given the scale of x, so that Max
    compares the integers themselves: what is not negative leaves it as it came, rounded once.
    Left alone, for `expand_prelu`: a PReLU with a slope above 1, one with the same slope for all
    channels, and one that stays in float, where onnxruntime's Max is slow.

    Parameters
    ----------
    keep_float : names of nodes that stay in float, or ``first_conv``
    """
    changed = net.copy()
    begins = first_conv(changed) if FIRST_CONV in keep_float else frozenset()
    stay = [changed.nodes[place] for place in begins]
    places = 0
    for node in list(changed.nodes):
        slopes = slopes_of(changed, node, shapes)
        if slopes is None or np.any(slopes > 1) or np.all(slopes == slopes[0]):
            continue
        kept = node.name in keep_float or any(node is each for each in stay)
        if kept or len(shapes[node.input[0]]) != 4:
            continue
        given, made = node.input[0], node.output[0]
        lower = changed.fresh(f"{made}_lower")
        kind = changed.weights[node.input[1]].dtype
        product = scaled(changed, given, lower, slopes, kind)
        larger = helper.make_node("Max", [given, lower], [made], name=node.name)
        changed.replace(node, [product, larger])
        places += 1
    return Rewritten(changed, places)
