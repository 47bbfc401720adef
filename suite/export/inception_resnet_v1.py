"""Inception-ResNet-v1 with the state_dict keys of facenet-pytorch's checkpoints.

Szegedy et al., Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning
(2016), in the sizes of facenet-pytorch, whose networks came from David Sandberg's facenet. Its
BatchNorm has TensorFlow's epsilon of 0.001.
"""

import torch
from torch import Tensor, nn

_EPS = 1e-3
Kernel = int | tuple[int, int]


class Unit(nn.Module):
    """Convolution, BatchNorm, ReLU."""

    def __init__(
        self, inputs: int, outputs: int, kernel: Kernel, stride: int = 1, padding: Kernel = 0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=_EPS)

    def forward(self, x: Tensor) -> Tensor:
        """[n, inputs, h, w] to [n, outputs, h', w']."""
        return torch.relu(self.bn(self.conv(x)))


class Residual(nn.Module):
    """Branches side by side, joined by ``conv2d``, scaled and added to the input."""

    def __init__(
        self, channels: int, joined: int, scale: float, *branches: nn.Module, relu: bool = True
    ) -> None:
        super().__init__()
        _name(self, branches)
        self.conv2d = nn.Conv2d(joined, channels, 1)
        self.scale = scale
        self.relu = relu
        self.count = len(branches)

    def forward(self, x: Tensor) -> Tensor:
        """[n, channels, h, w] to the same shape."""
        y = self.conv2d(_side_by_side(self, self.count, x)) * self.scale + x
        return torch.relu(y) if self.relu else y


class Reduction(nn.Module):
    """Branches of stride 2 side by side, the last one a pooling."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        _name(self, (*branches, nn.MaxPool2d(3, stride=2)))
        self.count = len(branches) + 1

    def forward(self, x: Tensor) -> Tensor:
        """[n, c, h, w] to [n, all branches' channels, h / 2, w / 2]."""
        return _side_by_side(self, self.count, x)


class InceptionResnetV1(nn.Module):
    """RGB images [n, 3, 160, 160] to embeddings [n, 512] of unit length."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d_1a = Unit(3, 32, 3, 2)
        self.conv2d_2a = Unit(32, 32, 3)
        self.conv2d_2b = Unit(32, 64, 3, padding=1)
        self.maxpool_3a = nn.MaxPool2d(3, stride=2)
        self.conv2d_3b = Unit(64, 80, 1)
        self.conv2d_4a = Unit(80, 192, 3)
        self.conv2d_4b = Unit(192, 256, 3, 2)
        self.repeat_1 = nn.Sequential(*(_block35() for _ in range(5)))
        self.mixed_6a = Reduction(
            Unit(256, 384, 3, 2),
            nn.Sequential(Unit(256, 192, 1), Unit(192, 192, 3, padding=1), Unit(192, 256, 3, 2)),
        )
        self.repeat_2 = nn.Sequential(*(_block17() for _ in range(10)))
        self.mixed_7a = Reduction(
            nn.Sequential(Unit(896, 256, 1), Unit(256, 384, 3, 2)),
            nn.Sequential(Unit(896, 256, 1), Unit(256, 256, 3, 2)),
            nn.Sequential(Unit(896, 256, 1), Unit(256, 256, 3, padding=1), Unit(256, 256, 3, 2)),
        )
        self.repeat_3 = nn.Sequential(*(_block8(0.20) for _ in range(5)))
        self.block8 = _block8(1.0, relu=False)
        self.avgpool_1a = nn.AdaptiveAvgPool2d(1)
        self.last_linear = nn.Linear(1792, 512, bias=False)
        self.last_bn = nn.BatchNorm1d(512, eps=_EPS)

    def forward(self, x: Tensor) -> Tensor:
        """Embeddings; the published network normalises them in the graph."""
        x = self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(x)))
        x = self.conv2d_4b(self.conv2d_4a(self.conv2d_3b(self.maxpool_3a(x))))
        x = self.mixed_7a(self.repeat_2(self.mixed_6a(self.repeat_1(x))))
        x = self.avgpool_1a(self.block8(self.repeat_3(x)))
        x = self.last_bn(self.last_linear(torch.flatten(x, 1)))
        return nn.functional.normalize(x, p=2.0, dim=1)


def _block35() -> Residual:
    return Residual(
        256,
        96,
        0.17,
        Unit(256, 32, 1),
        nn.Sequential(Unit(256, 32, 1), Unit(32, 32, 3, padding=1)),
        nn.Sequential(Unit(256, 32, 1), Unit(32, 32, 3, padding=1), Unit(32, 32, 3, padding=1)),
    )


def _block17() -> Residual:
    return Residual(
        896,
        256,
        0.10,
        Unit(896, 128, 1),
        nn.Sequential(
            Unit(896, 128, 1),
            Unit(128, 128, (1, 7), padding=(0, 3)),
            Unit(128, 128, (7, 1), padding=(3, 0)),
        ),
    )


def _block8(scale: float, *, relu: bool = True) -> Residual:
    return Residual(
        1792,
        384,
        scale,
        Unit(1792, 192, 1),
        nn.Sequential(
            Unit(1792, 192, 1),
            Unit(192, 192, (1, 3), padding=(0, 1)),
            Unit(192, 192, (3, 1), padding=(1, 0)),
        ),
        relu=relu,
    )


def _name(module: nn.Module, branches: tuple[nn.Module, ...]) -> None:
    """Call the branches what the published keys call them."""
    for index, branch in enumerate(branches):
        module.add_module(f"branch{index}", branch)


def _side_by_side(module: nn.Module, count: int, x: Tensor) -> Tensor:
    return torch.cat([module.get_submodule(f"branch{index}")(x) for index in range(count)], 1)
