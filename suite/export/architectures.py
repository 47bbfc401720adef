"""The full-size networks by the names that cards give them."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from suite.catalog.source import Architecture
from suite.export.adaface_ir import AdaFaceIr50
from suite.export.inception_resnet_v1 import InceptionResnetV1
from suite.export.iresnet import IResNet50


@dataclass(frozen=True)
class FullSize:
    """A network and what a file of it needs.

    Attributes
    ----------
    build : makes the network, with random weights
    size_px : height and width of its input
    outputs : its outputs' names, in their order
    prefix : what the published checkpoint has before each of the network's keys
    only_in_training : the first words of keys that the checkpoint has besides the network's
    """

    build: Callable[[], nn.Module]
    size_px: int
    outputs: tuple[str, ...] = ("embedding",)
    prefix: str = ""
    only_in_training: tuple[str, ...] = ()


ARCHITECTURES: dict[Architecture, FullSize] = {
    "inception_resnet_v1": FullSize(InceptionResnetV1, 160, only_in_training=("logits.",)),
    "iresnet50": FullSize(IResNet50, 112),
    "adaface_ir50": FullSize(
        AdaFaceIr50,
        112,
        outputs=("embedding", "norm"),
        prefix="model.",
        only_in_training=("head.",),
    ),
}
