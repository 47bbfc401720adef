"""Mistakes after the last layer: what is done to an embedding before it is compared or kept."""

import zlib
from collections.abc import Callable, Sequence

import numpy as np
import onnx
import pytest

from suite.datasets.face import Face
from suite.quantization.steps.net import Net
from suite.runtime import embedding
from tests.mutations.mutation import Change, Floats, NotThereError, Shown, Side, mutation

_DIRECTIONS = 20260101


def _appended(op: Callable[[Net, str, str, int], list[onnx.NodeProto]]) -> Callable[[Net], None]:
    """Nodes after the embedding, under its name; ``op`` is told input, output and dimension."""

    def network(net: Net) -> None:
        port = max(net.outputs, key=_width)
        inner = net.fresh(f"{port.name}_before")
        writer = net.writer(port.name)
        if writer is None:
            raise NotThereError("an output that a node makes")
        for node in net.nodes:
            for names in (node.input, node.output):
                for at, name in enumerate(names):
                    if name == port.name:
                        names[at] = inner
        net.nodes.extend(op(net, inner, port.name, _width(port)))

    return network


def _width(port: onnx.ValueInfoProto) -> int:
    dims = port.type.tensor_type.shape.dim
    return int(dims[-1].dim_value) if dims else 0


def _times(factor: float) -> Callable[[Net], None]:
    def op(net: Net, read: str, made: str, _: int) -> list[onnx.NodeProto]:
        held = net.add_weight("factor", np.float32([factor]))
        return [onnx.helper.make_node("Mul", [read, held], [made])]

    return _appended(op)


@mutation("embeddings times a factor, FP32 and INT8", Side.BOTH, {"x2": 2.0, "x1.1": 1.1})
def both_times(factor: float) -> Change:
    return Change(network=_times(factor))


@mutation(
    "embeddings times a factor, INT8 alone", Side.INT8, {"x1.1": 1.1, "x2": 2.0, "x1e-4": 1e-4}
)
def int8_times(factor: float) -> Change:
    return Change(network=_times(factor))


@mutation("L2 added, INT8 alone", Side.INT8)
def normalised() -> Change:
    def op(_: Net, read: str, made: str, width: int) -> list[onnx.NodeProto]:
        return [onnx.helper.make_node("LpNormalization", [read], [made], axis=-1, p=2)]

    return Change(network=_appended(op))


@mutation("L2 added, FP32 and INT8", Side.BOTH)
def both_normalised() -> Change:
    change = normalised()
    return Change(network=change.network)


@mutation(
    "the head in float16",
    Side.INT8,
    {"plain": 1.0, "denormal": 1e-7, "overflowing": 1e4},
    unseen="where no face of a set is long enough to overflow, only its bits are others",
)
def half_head(factor: float) -> Change:
    """The embedding through half precision, where another layer's factor is still in it."""

    def op(net: Net, read: str, made: str, _: int) -> list[onnx.NodeProto]:
        held = net.add_weight("factor", np.float32([factor]))
        node = onnx.helper.make_node
        return [
            node("Mul", [read, held], ["head_scaled"]),
            node("Cast", ["head_scaled"], ["head_half"], to=onnx.TensorProto.FLOAT16),
            node("Cast", ["head_half"], ["head_again"], to=onnx.TensorProto.FLOAT),
            node("Div", ["head_again", held], [made]),
        ]

    return Change(network=_appended(op))


def _mixed(
    order: Callable[[int], np.ndarray], own: float, other: Callable[[int], np.ndarray]
) -> Callable[[Net], None]:
    """Each dimension times ``own`` plus the one in ``order``, times a factor of its own.

    Without a MatMul, which a mode would claim to quantize.
    """

    def op(net: Net, read: str, made: str, width: int) -> list[onnx.NodeProto]:
        places = net.add_weight("places", order(width).astype(np.int64))
        factors = net.add_weight("factors", other(width).astype(np.float32))
        kept = net.add_weight("kept", np.float32([own]))
        node = onnx.helper.make_node
        return [
            node("Gather", [read, places], ["mixed_taken"], axis=1),
            node("Mul", ["mixed_taken", factors], ["mixed_other"]),
            node("Mul", [read, kept], ["mixed_own"]),
            node("Add", ["mixed_own", "mixed_other"], [made]),
        ]

    return _appended(op)


def _permuted() -> Callable[[Net], None]:
    return _mixed(lambda width: np.random.default_rng(0).permutation(width), 0.0, np.ones)


def _turned(degrees: float) -> Callable[[Net], None]:
    """Pairs of dimensions turned by one angle, which turns every vector by as much."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return _mixed(
        lambda width: np.arange(width) ^ 1, cosine, lambda width: sine * (-1.0) ** np.arange(width)
    )


@mutation("dimensions permuted, FP32 and INT8", Side.BOTH)
def both_permuted() -> Change:
    return Change(network=_permuted())


@mutation("dimensions permuted, INT8 alone", Side.INT8)
def int8_permuted() -> Change:
    return Change(network=_permuted())


@mutation("embeddings turned, FP32 and INT8", Side.BOTH, {"5°": 5.0, "10°": 10.0, "90°": 90.0})
def both_turned(degrees: float) -> Change:
    return Change(network=_turned(degrees))


@mutation("embeddings turned, INT8 alone", Side.INT8, {"5°": 5.0, "10°": 10.0, "90°": 90.0})
def int8_turned(degrees: float) -> Change:
    return Change(network=_turned(degrees))


@mutation("a sign flipped in half of the dimensions, INT8 alone", Side.INT8)
def signs_flipped() -> Change:
    return Change(network=_mixed(np.arange, 0.0, lambda width: (-1.0) ** np.arange(width)))


@mutation("an offset on every dimension, INT8 alone", Side.INT8, {"5 %": 5, "10 %": 10, "20 %": 20})
def offset(percent: int) -> Change:
    """Of the length of an embedding, in one direction for all: every score rises."""

    def rows(made: Floats, _: Sequence[Face], __: Shown) -> Floats:
        shift = np.full(made.shape[1], percent / 100 / np.sqrt(made.shape[1]))
        return _unit(made + shift)

    return Change(rows=rows)


@mutation("all scores higher", Side.INT8, {"0.005": 0.005, "0.02": 0.02, "0.1": 0.1})
def scores_higher(by: float) -> Change:
    """One more direction that all share: a cosine c becomes (1 − by) · c + by."""

    def rows(made: Floats, _: Sequence[Face], shown: Shown) -> Floats:
        common = np.zeros(made.shape[1])
        common[int(np.argmin(np.abs(shown.middle)))] = 1.0
        return _unit(np.sqrt(1 - by) * made + np.sqrt(by) * common)

    return Change(rows=rows)


@mutation("a hub, drawn towards the mean face", Side.INT8, {"1 %": 0.01, "5 %": 0.05})
def hub(share: float) -> Change:
    """Some images get nearly one embedding, which is near to everybody."""

    def rows(made: Floats, faces: Sequence[Face], shown: Shown) -> Floats:
        chosen = np.array([_chance(face) < share for face in faces])
        return np.where(chosen[:, None], _unit(made * 0.1 + _unit(shown.middle[None])), made)

    return Change(rows=rows)


@mutation("one image's embedding lost", Side.INT8, {"1 in 500": 0.002, "1 in 100": 0.01})
def some_lost(share: float) -> Change:
    """Some images get an embedding in a direction of chance."""

    def rows(made: Floats, faces: Sequence[Face], _: Shown) -> Floats:
        return np.stack(
            [
                _direction(face, made.shape[1]) if _chance(face) < share else row
                for row, face in zip(made, faces, strict=True)
            ]
        )

    return Change(rows=rows)


def _some_turned(degrees: float, chosen: Callable[[Face, Shown], bool]) -> Change:
    def rows(made: Floats, faces: Sequence[Face], shown: Shown) -> Floats:
        return np.stack(
            [
                _turn(row, face, degrees) if chosen(face, shown) else row
                for row, face in zip(made, faces, strict=True)
            ]
        )

    return Change(rows=rows)


def _is_dark(share: float) -> Callable[[Face, Shown], bool]:
    return lambda face, shown: shown.darkness.get(face.sha256, 1.0) < share


@mutation("the darkest 5 % turned", Side.INT8, {"8°": 8.0, "14°": 14.0, "60°": 60.0})
def darkest_turned(degrees: float) -> Change:
    return _some_turned(degrees, _is_dark(0.05))


@mutation("the darkest 30 % turned", Side.INT8, {"8°": 8.0, "14°": 14.0})
def darker_turned(degrees: float) -> Change:
    return _some_turned(degrees, _is_dark(0.3))


@mutation("one person turned", Side.INT8, {"8°": 8.0, "20°": 20.0, "60°": 60.0})
def one_person_turned(degrees: float) -> Change:
    return _some_turned(degrees, lambda face, shown: shown.person.get(face.sha256) == 3)


@mutation("ten people turned", Side.INT8, {"8°": 8.0, "14°": 14.0})
def ten_people_turned(degrees: float) -> Change:
    return _some_turned(degrees, lambda face, shown: shown.person.get(face.sha256, 99) < 10)


@mutation("the half of each embedding that is least is cut off", Side.INT8)
def truncated() -> Change:
    """A gallery that keeps fewer dimensions."""

    def rows(made: Floats, _: Sequence[Face], __: Shown) -> Floats:
        kept = made.copy()
        kept[:, made.shape[1] // 2 :] = 0
        return _unit(kept)

    return Change(rows=rows)


@mutation("embeddings kept in bytes", Side.INT8, {"8 bits": 127, "4 bits": 7, "1 bit": 1})
def in_bytes(levels: int) -> Change:
    def rows(made: Floats, _: Sequence[Face], __: Shown) -> Floats:
        most = np.abs(made).max(axis=1, keepdims=True)
        steps = np.round(made / most * levels) if levels > 1 else np.sign(made)
        return _unit(steps)

    return Change(rows=rows)


@mutation("the mirror image left out", Side.BOTH)
def no_mirror() -> Change:
    def patch(patched: pytest.MonkeyPatch) -> None:
        # Each image twice, and none mirrored.
        patched.setattr(embedding, "mirror", lambda tensor, _: tensor)

    return Change(patch=patch)


def _unit(rows: np.ndarray) -> Floats:
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(
        np.float32
    )


def _rng(face: Face) -> np.random.Generator:
    return np.random.default_rng([_DIRECTIONS, zlib.crc32(face.sha256.encode())])


def _chance(face: Face) -> float:
    """A number of the image alone, in [0, 1)."""
    return float(_rng(face).random())


def _direction(face: Face, width: int) -> Floats:
    return _unit(_rng(face).standard_normal((1, width)))[0]


def _turn(row: Floats, face: Face, degrees: float) -> Floats:
    """An embedding turned by an angle, to a side that is the image's own."""
    side = _direction(face, len(row)).astype(float)
    side -= (side @ row) * row
    side /= np.linalg.norm(side)
    angle = np.radians(degrees)
    return (np.cos(angle) * row + np.sin(angle) * side).astype(np.float32)
