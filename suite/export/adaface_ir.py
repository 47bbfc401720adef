"""AdaFace's IR-50, with the state_dict keys of its published checkpoints.

Kim et al., AdaFace: Quality Adaptive Margin for Face Recognition (2022); the backbone is TFace's.
"""

import torch
from torch import Tensor, nn

_UNITS = {64: 3, 128: 4, 256: 14, 512: 3}


def residual_branch(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """BatchNorm, convolution, BatchNorm, PReLU, convolution, BatchNorm."""
    return nn.Sequential(
        nn.BatchNorm2d(inputs),
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.PReLU(outputs),
        nn.Conv2d(outputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
    )


class Unit(nn.Module):
    """Like ArcFace's; where channels stay, the input is only thinned out for the shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.shortcut_layer = (
            nn.MaxPool2d(1, stride)
            if inputs == outputs
            else nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        )
        self.res_layer = residual_branch(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        """[n, inputs, h, w] to [n, outputs, h / stride, w / stride]."""
        return torch.add(self.res_layer(x), self.shortcut_layer(x))


class AdaFaceIr50(nn.Module):
    """BGR images [n, 3, 112, 112] to unit features [n, 512] and their norms [n, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.PReLU(64)
        )
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(512),
            nn.Identity(),  # the published network drops out here, in training
            nn.Flatten(),
            nn.Linear(512 * 7 * 7, 512),
            nn.BatchNorm1d(512, affine=False),
        )
        body: list[nn.Module] = []
        inputs = 64
        for outputs, units in _UNITS.items():
            body += [
                Unit(inputs, outputs, 2),
                *(Unit(outputs, outputs, 1) for _ in range(units - 1)),
            ]
            inputs = outputs
        self.body = nn.Sequential(*body)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Unit features and the norms that they had."""
        y = self.output_layer(self.body(self.input_layer(x)))
        norm = torch.norm(y, 2, 1, True)
        return y / norm, norm
