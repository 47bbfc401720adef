"""Small recognisers in the style of each family: images in, 512 numbers out."""

import torch
from torch import Tensor, nn

from suite.export.adaface_ir import residual_branch

EMBEDDING_DIM = 512


class ResidualUnit(nn.Module):
    """IResNet's block: a residual branch, and a convolution for what it is added to."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = residual_branch(inputs, outputs, stride)
        self.shortcut = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add the two ways: [n, inputs, h, w] to [n, outputs, h / stride, w / stride]."""
        return torch.add(self.body(x), self.shortcut(x))


class IResNet(nn.Sequential):
    """Four residual units on 112 px, [n, 3, 112, 112] to [n, 512], not normalised.

    A stem of stride 4 and one unit a stage keep it under 2 MiB; the head is the depthwise
    convolution of MobileFaceNet, a fully connected layer alone would be larger than all the rest.
    """

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 16, 7, 4, padding=3, bias=False),
            nn.BatchNorm2d(16),
            nn.PReLU(16),
            ResidualUnit(16, 24, 1),
            ResidualUnit(24, 48, 2),
            ResidualUnit(48, 96, 2),
            ResidualUnit(96, 112, 1),
            nn.BatchNorm2d(112),
            *_embedding_head(112),
        )


class Bottleneck(nn.Module):
    """MobileFaceNet's inverted residual, with ReLU.

    The published network has PReLU, which onnxruntime keeps in float between the quantized
    convolutions (onnxruntime#20686); the embedded IResNets show that case.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int = 3) -> None:
        super().__init__()
        wide = inputs * expansion
        self.body = nn.Sequential(
            *_convolution(inputs, wide, 1, nn.ReLU()),
            *_convolution(wide, wide, 3, nn.ReLU(), stride=stride, groups=wide),
            *_convolution(wide, outputs, 1, None),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """[n, inputs, h, w] to [n, outputs, h / stride, w / stride]."""
        y: Tensor = self.body(x)
        return torch.add(x, y) if self.residual else y


class MobileFaceNet(nn.Sequential):
    """Bottlenecks of 32, 64 and 128 channels, [n, 3, 112, 112] to [n, 512], not normalised."""

    def __init__(self) -> None:
        super().__init__(
            *_convolution(3, 32, 7, nn.ReLU(), stride=4),
            Bottleneck(32, 32, 1),
            Bottleneck(32, 32, 1),
            Bottleneck(32, 64, 2),
            Bottleneck(64, 64, 1),
            Bottleneck(64, 128, 2),
            Bottleneck(128, 128, 1),
            *_convolution(128, 256, 1, nn.ReLU()),
            *_embedding_head(256),
        )


class InceptionUnit(nn.Module):
    """An Inception-residual block: parallel convolutions, joined, scaled and added to the input."""

    def __init__(
        self, channels: int, branches: list[nn.Sequential], joined: int, scale: float
    ) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.join = nn.Conv2d(joined, channels, 1)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """[n, channels, h, w] to the same shape."""
        joined = self.join(torch.cat([branch(x) for branch in self.branches], 1))
        return torch.relu(x + self.scale * joined)


class Reduction(nn.Module):
    """Two convolutions and a pooling side by side, each of stride 2."""

    def __init__(self, branches: list[nn.Sequential]) -> None:
        super().__init__()
        self.branches = nn.ModuleList([*branches, nn.MaxPool2d(3, 2, padding=1)])

    def forward(self, x: Tensor) -> Tensor:
        """[n, c, h, w] to [n, all branches' channels, h / 2, w / 2]."""
        return torch.cat([branch(x) for branch in self.branches], 1)


class InceptionResnet(nn.Module):
    """Inception-ResNet blocks A, B and C on 160 px, [n, 3, 160, 160] to [n, 512], unit length."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_relu(3, 12, 3, stride=2),
            *_relu(12, 24, 3, stride=2),
            *_relu(24, 48, 3, stride=2),
            *(_block_a() for _ in range(2)),
            Reduction(
                [
                    nn.Sequential(*_relu(48, 48, 3, stride=2)),
                    nn.Sequential(
                        *_relu(48, 24, 1), *_relu(24, 24, 3), *_relu(24, 48, 3, stride=2)
                    ),
                ]
            ),
            *(_block_b() for _ in range(2)),
            Reduction(
                [nn.Sequential(*_relu(144, 32, 1), *_relu(32, 56, 3, stride=2)) for _ in range(2)]
            ),
            _block_c(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(256, EMBEDDING_DIM, bias=False),
            nn.BatchNorm1d(EMBEDDING_DIM),
        )

    def forward(self, x: Tensor) -> Tensor:
        """FaceNet's output is normalised in the graph."""
        y: Tensor = self.features(x)
        return y / torch.norm(y, 2, 1, keepdim=True)


class AdaFace(nn.Module):
    """An IResNet with AdaFace's two outputs: unit feature [n, 512] and its norm [n, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.features = IResNet()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Feature and norm of BGR images [n, 3, 112, 112]."""
        y = self.features(x)
        norm = torch.norm(y, 2, 1, keepdim=True)
        return y / norm, norm


def _convolution(
    inputs: int,
    outputs: int,
    kernel: int,
    activation: nn.Module | None,
    *,
    stride: int = 1,
    groups: int = 1,
) -> list[nn.Module]:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return layers if activation is None else [*layers, activation]


def _relu(
    inputs: int, outputs: int, kernel: int | tuple[int, int], *, stride: int = 1
) -> list[nn.Module]:
    tall, wide = (kernel, kernel) if isinstance(kernel, int) else kernel
    return [
        nn.Conv2d(
            inputs, outputs, (tall, wide), stride, padding=(tall // 2, wide // 2), bias=False
        ),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]


def _block_a() -> InceptionUnit:
    return InceptionUnit(
        48,
        [
            nn.Sequential(*_relu(48, 16, 1)),
            nn.Sequential(*_relu(48, 16, 1), *_relu(16, 16, 3)),
            nn.Sequential(*_relu(48, 16, 1), *_relu(16, 16, 3), *_relu(16, 16, 3)),
        ],
        joined=48,
        scale=0.17,
    )


def _block_b() -> InceptionUnit:
    return InceptionUnit(
        144,
        [
            nn.Sequential(*_relu(144, 32, 1)),
            nn.Sequential(*_relu(144, 32, 1), *_relu(32, 32, (1, 7)), *_relu(32, 32, (7, 1))),
        ],
        joined=64,
        scale=0.10,
    )


def _block_c() -> InceptionUnit:
    return InceptionUnit(
        256,
        [
            nn.Sequential(*_relu(256, 48, 1)),
            nn.Sequential(*_relu(256, 48, 1), *_relu(48, 48, (1, 3)), *_relu(48, 48, (3, 1))),
        ],
        joined=96,
        scale=0.20,
    )


def _embedding_head(channels: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, channels, 7, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.Flatten(),
        nn.Linear(channels, EMBEDDING_DIM, bias=False),
        nn.BatchNorm1d(EMBEDDING_DIM),
    ]
