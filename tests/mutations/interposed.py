"""Code of the suite replaced where it is used, for FP32, for the quantized mode, or for both."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from suite.catalog.model_card import Feeding
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import prepare
from suite.runtime.embedding import Embedded, embed_with_norms, run_network
from suite.runtime.network import Network
from tests.mutations.mutation import Change, Floats, Pixels, Shown, Side

_CHART = "fingerprint "
_JPEG = b"\xff\xd8"


class OfInt8(PreprocessSpec):
    """A preprocessing that says of a network that it is fed so, that it is the quantized one."""


class _Decoded(np.ndarray):
    """Decoded pixels that know what they are of."""

    of_chart: bool = False
    of_jpeg: bool = False


def marked(feeding: Feeding) -> Feeding:
    """The feeding of a quantized mode, by which its runs are told from FP32's."""
    return Feeding(OfInt8.model_validate(feeding.spec.model_dump()), feeding.outputs)


def everywhere(patch: pytest.MonkeyPatch, original: object, by: object) -> None:
    """Put something in a function's place in every module of the suite that has it."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "suite":
            for attribute, value in list(vars(module).items()):
                if value is original:
                    patch.setattr(module, attribute, by)


def interpose(patch: pytest.MonkeyPatch, change: Change, side: Side, shown: Shown) -> None:
    """Let the code around a network do what a mutation says, for its side."""

    def touches(spec: PreprocessSpec) -> bool:
        return side is Side.BOTH or (side is Side.INT8) == isinstance(spec, OfInt8)

    if change.pixels or change.face or change.jpeg or change.tensor:
        everywhere(patch, decode, _decoding)
        everywhere(patch, prepare, _preparing(change, touches))
    if change.run:
        everywhere(patch, run_network, _running(change, touches))
    if change.rows:
        everywhere(patch, embed_with_norms, _embedding(change, touches, shown))
    if change.patch:
        change.patch(patch)


def _decoding(data: bytes, name: str) -> Pixels:
    pixels = decode(data, name).view(_Decoded)
    pixels.of_chart, pixels.of_jpeg = name.startswith(_CHART), data[:2] == _JPEG
    return pixels


def _preparing(change: Change, touches: Callable[[PreprocessSpec], bool]) -> Callable[..., Floats]:
    def image(pixels: Pixels, spec: PreprocessSpec) -> Pixels:
        plain = np.asarray(pixels)
        if change.jpeg and getattr(pixels, "of_jpeg", False):
            plain = change.jpeg(plain)
        if change.face and isinstance(pixels, _Decoded) and not pixels.of_chart:
            plain = change.face(plain)
        return change.pixels(plain, spec) if change.pixels else plain

    def prepared(images: Sequence[Pixels], spec: PreprocessSpec) -> Floats:
        if not touches(spec):
            return prepare([np.asarray(each) for each in images], spec)
        tensor = prepare([image(each, spec) for each in images], spec)
        return change.tensor(tensor, spec) if change.tensor else tensor

    return prepared


def _running(change: Change, touches: Callable[[PreprocessSpec], bool]) -> Callable[..., Any]:
    def run(network: Network, tensor: Floats) -> list[Floats]:
        if not touches(network.spec):
            return run_network(network, tensor)
        assert change.run
        return change.run(lambda given: run_network(network, given), tensor)

    return run


def _embedding(
    change: Change, touches: Callable[[PreprocessSpec], bool], shown: Shown
) -> Callable[..., Embedded]:
    def embedded(session: Any, faces: Sequence[Face], spec: PreprocessSpec, *rest: Any) -> Embedded:
        plain = embed_with_norms(session, faces, spec, *rest)
        if not touches(spec):
            return plain
        assert change.rows
        rows = np.asarray(change.rows(plain.units, faces, shown), dtype=np.float32)
        return replace(plain, units=rows)

    return embedded
