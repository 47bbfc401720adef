"""Improved ResNet-50 of ArcFace, with the state_dict keys of arcface_torch's checkpoints.

Deng et al., ArcFace: Additive Angular Margin Loss for Deep Face Recognition (2019), with the units
of Han et al., Deep Pyramidal Residual Networks (2017).
"""

import torch
from torch import Tensor, nn

_UNITS = {64: 3, 128: 4, 256: 14, 512: 3}


class Unit(nn.Module):
    """BatchNorm, convolution, BatchNorm, PReLU, convolution, BatchNorm, and the input added."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.prelu = nn.PReLU(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, stride, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """[n, inputs, h, w] to [n, outputs, h / stride, w / stride]."""
        y = self.conv1(self.bn1(x))
        y = self.bn3(self.conv2(self.prelu(self.bn2(y))))
        return y + (x if self.downsample is None else self.downsample(x))


class IResNet50(nn.Module):
    """RGB images [n, 3, 112, 112] to embeddings [n, 512], not normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.prelu = nn.PReLU(64)
        inputs = 64
        for number, (outputs, units) in enumerate(_UNITS.items(), start=1):
            stage = [
                Unit(inputs, outputs, 2),
                *(Unit(outputs, outputs, 1) for _ in range(units - 1)),
            ]
            self.add_module(f"layer{number}", nn.Sequential(*stage))
            inputs = outputs
        self.bn2 = nn.BatchNorm2d(512)
        self.fc = nn.Linear(512 * 7 * 7, 512)
        self.features = nn.BatchNorm1d(512)

    def forward(self, x: Tensor) -> Tensor:
        """Embeddings, as the last BatchNorm leaves them."""
        x = self.prelu(self.bn1(self.conv1(x)))
        for number in range(1, len(_UNITS) + 1):
            x = self.get_submodule(f"layer{number}")(x)
        return self.features(self.fc(torch.flatten(self.bn2(x), 1)))
