"""The values that a network's tensors take on batches of images, one batch at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from onnx import TensorProto, helper

from suite.quantization.cpu_sessions import open_net
from suite.quantization.ranges.observe import Batch
from suite.quantization.steps.net import Array, Net


def shown(
    net: Net, names: Sequence[str], batches: Iterable[Batch], work: Path
) -> Iterator[dict[str, Array]]:
    """The values of some tensors, inputs among them, for each batch.

    Parameters
    ----------
    work : a folder for a scratch file
    """
    given = {value.name for value in net.inputs}
    made = [name for name in names if name not in given]
    run = _runner(net, made, work)
    for batch in batches:
        values = {**batch, **run(batch)}
        yield {name: values[name] for name in names}


def _runner(net: Net, made: Sequence[str], work: Path) -> Callable[[Batch], dict[str, Array]]:
    """What gives the values of tensors that nodes make."""
    if not made:
        return lambda batch: {}
    giving = net.copy()
    giving.outputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in made]
    giving.prune()
    session = open_net(giving, work)
    return lambda batch: dict(zip(made, session.run(made, dict(batch)), strict=True))
