"""Behaviour: the same faces get the same embeddings, however they are run."""

from collections.abc import Iterator

import numpy as np

from suite.catalog.gate import Gate
from suite.datasets.face import Face
from suite.gates.case_work import CaseWork, Embeddings
from suite.judging.measured import Measured
from suite.models.onnx_file import load_graph

# Faces that are run in each way.
_FACES = 4


def measure_behaviour(work: CaseWork) -> Measured:
    """How far apart a few faces lie alone, in the evaluated batch, and in another one.

    Distances are Euclidean, between embeddings of unit length.
    """
    blank = Measured(section=Gate.BEHAVIOUR, identity=work.identity())
    if reason := _one_batch(work):
        return blank.model_copy(update={"remarks": (reason,)})
    ways = list(_ways(work))
    broken = sum(int((~np.isfinite(rows)).any(axis=1).sum()) for rows in ways)
    if broken:
        problem = f"NaN or infinity in {broken} of {len(ways) * _FACES} embeddings"
        return blank.model_copy(update={"problem": problem})
    alone, *others = ways
    apart = max(float(np.linalg.norm(alone - rows, axis=1).max()) for rows in others)
    likely = tuple(f"likely cause: {cause}" for cause in _causes(work)) if apart else ()
    return blank.model_copy(update={"differences": {"batch_difference": apart}, "remarks": likely})


def _one_batch(work: CaseWork) -> str | None:
    """Why there is no other batch to compare with; None where there is."""
    if work.fixed_batch:
        return f"the graph is fixed at a batch of {work.fixed_batch}"
    if work.mode.batch_dependent:
        return f"{work.mode.id} is evaluated one image at a time: it is batch_dependent"
    return None


def _ways(work: CaseWork) -> Iterator[Embeddings]:
    """The same faces alone, first in the evaluated batch, and last in another, the order turned."""
    faces, other = _faces(work), work.bench.provider.throughput_batch
    label = f"{work.model.id} {work.mode.id}: behaviour"
    few = min(_FACES, other)
    yield work.embed(faces[:few], label, batch=1)
    yield work.embed(faces, label)[:few]
    yield work.embed(faces[:other][::-1], label, batch=other)[::-1][:few]


def _faces(work: CaseWork) -> tuple[Face, ...]:
    """As many faces as the evaluated batch has, from all over the first set, repeated at need."""
    faces = work.bench.dataset(work.model.evaluation[0]).faces
    count = max(work.batch, _FACES)
    places = np.linspace(0, len(faces) - 1, min(count, len(faces))).round().astype(int)
    return tuple(faces[places[index % len(places)]] for index in range(count))


def _causes(work: CaseWork) -> Iterator[str]:
    """What in the graph looks at the whole batch."""
    nodes = load_graph(work.artifact.file.path).graph.node
    if any(node.op_type == "DynamicQuantizeLinear" for node in nodes):
        yield (
            "DynamicQuantizeLinear takes its scale over the whole batch (onnxruntime#10111): "
            "a mode of such files says batch_dependent = true"
        )
    for node in nodes:
        training = any(each.name == "training_mode" and each.i for each in node.attribute)
        if node.op_type == "BatchNormalization" and training:
            yield (
                f"BatchNormalization {node.name or node.output[0]!r} is in training mode: export "
                "the network in inference mode, as after PyTorch's eval()"
            )
            return
