"""Behaviour: the same faces get the same embeddings, however they are run."""

from collections.abc import Iterator

import numpy as np
import onnx
import onnxruntime as ort

from suite.catalog.errors import placed
from suite.catalog.gate import Gate
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import prepare
from suite.gates.case_work import CaseWork, Embeddings
from suite.gates.extremes import fault_on_extremes
from suite.judging.measured import Measured
from suite.models.graph import all_nodes
from suite.models.onnx_file import load_graph
from suite.runtime.binding import BoundSession
from suite.runtime.network import Network, check_network
from suite.runtime.repetition import repeated

# Faces that are run in each way.
_FACES = 4


def measure_behaviour(work: CaseWork) -> Measured:
    """How far apart a few faces lie, run again and again, and in other batches.

    Of the runs: the largest ‖a − b‖ / ‖a‖ of what the network gives. Of the batches: Euclidean
    distances between embeddings of unit length. What black, white, noisy and saturated images get
    is looked at first.
    """
    blank = Measured(section=Gate.BEHAVIOUR, identity=work.identity())
    problem, doubts = fault_on_extremes(work)
    if problem:
        return blank.model_copy(update={"problem": problem, "doubts": doubts})
    ways = _run_again(work)
    apart = max(ways.values())
    within = work.bench.provider.repeats_within
    differences = {"repeat_difference": apart if apart > within else 0.0}
    remarks = _repeated_apart(work, ways)
    if reason := _one_batch(work):
        remarks += (reason,)
    else:
        batches = list(_batches(work))
        broken = sum(int((~np.isfinite(rows)).any(axis=1).sum()) for rows in batches)
        if broken:
            problem = f"NaN or infinity in {broken} of {len(batches) * _FACES} embeddings"
            return blank.model_copy(update={"problem": problem})
        alone, *others = batches
        apart = max(float(np.linalg.norm(alone - rows, axis=1).max()) for rows in others)
        differences["batch_difference"] = apart
        remarks += _likely(_mixing(work)) if apart else ()
    found = {"differences": differences, "remarks": remarks, "doubts": doubts}
    return blank.model_copy(update=found)


def _run_again(work: CaseWork) -> dict[str, float]:
    """How far two faces' answers lie apart, by the way in which they were run again."""
    spec, provider = work.feeding.spec, work.bench.provider

    def network(session: ort.InferenceSession) -> Network:
        return check_network(session, spec, work.feeding.outputs, work.model.flip)

    def bound(session: ort.InferenceSession, shape: tuple[int, ...]) -> BoundSession:
        name = work.feeding.outputs.input
        return BoundSession(session, name, shape, provider.memory, provider.device_id)

    faces = work.bench.dataset(work.model.evaluation[0]).faces
    count = work.fixed_batch or 1
    images = [
        prepare([decode(face.read(), face.name)] * count, spec) for face in (faces[0], faces[-1])
    ]
    with placed(work.artifact.file.path):
        return repeated(
            network(work.session),
            lambda: network(work.open_session(work.bench.share.threads)),
            bound,
            images,
        )


def _repeated_apart(work: CaseWork, ways: dict[str, float]) -> tuple[str, ...]:
    """In which ways the same image got other bits, and what in the graph is random."""
    other = [way for way, apart in ways.items() if apart]
    if not other:
        return ()
    return (f"the same image gets other bits {', '.join(other)}", *_likely(_random(work)))


def _random(work: CaseWork) -> Iterator[str]:
    """What in the graph draws at random."""
    for node in all_nodes(load_graph(work.artifact.file.path)):
        if node.op_type.startswith("Random") or node.op_type in ("Bernoulli", "Multinomial"):
            yield f"{_named(node)} draws at random: export the network in inference mode"
            return
        if node.op_type == "Dropout" and len(node.input) > 2 and node.input[2]:
            yield (
                f"{_named(node)} has a training_mode: export the network in inference mode, as "
                "after PyTorch's eval()"
            )
            return


def _likely(causes: Iterator[str]) -> tuple[str, ...]:
    return tuple(f"likely cause: {cause}" for cause in causes)


def _named(node: onnx.NodeProto) -> str:
    return f"{node.op_type} {node.name or node.output[0]!r}"


def _one_batch(work: CaseWork) -> str | None:
    """Why there is no other batch to compare with; None where there is."""
    if work.fixed_batch:
        return f"the graph is fixed at a batch of {work.fixed_batch}"
    if work.mode.batch_dependent:
        return f"{work.mode.id} is evaluated one image at a time: it is batch_dependent"
    return None


def _batches(work: CaseWork) -> Iterator[Embeddings]:
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


def _mixing(work: CaseWork) -> Iterator[str]:
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
                f"{_named(node)} is in training mode: export the network in inference mode, as "
                "after PyTorch's eval()"
            )
            return
