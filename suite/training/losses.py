"""Margin losses on the angle between an embedding and its identity's prototype."""

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional


class MarginLoss(Protocol):
    """How logits come from cosines; ``ramp`` grows from 0 to 1 while training."""

    def __call__(self, cosines: Tensor, labels: Tensor, norms: Tensor, ramp: float) -> Tensor:
        """Logits [n, identities] from cosines of that shape, labels [n] and norms [n, 1]."""
        ...


class Prototypes(nn.Module):
    """One direction per identity; cosines with it are what the margin losses work on."""

    def __init__(self, identities: int, dim: int) -> None:
        super().__init__()
        self.directions = nn.Parameter(torch.randn(identities, dim) * 0.01)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Cosines [n, identities] of embeddings [n, dim]."""
        return functional.linear(
            functional.normalize(embeddings), functional.normalize(self.directions)
        )


class ArcMargin:
    """Additive angular margin (ArcFace, Deng et al. 2019): s cos(θ + m)."""

    def __init__(self, margin: float, scale: float) -> None:
        self.margin, self.scale = margin, scale

    def __call__(self, cosines: Tensor, labels: Tensor, norms: Tensor, ramp: float) -> Tensor:
        """Logits with the margin on each image's own identity."""
        own = _own(cosines, labels)
        moved = torch.cos(torch.clamp(torch.acos(own) + self.margin * ramp, max=torch.pi - 1e-3))
        return self.scale * cosines.scatter(1, labels[:, None], moved)


class CosineMargin:
    """Additive cosine margin (CosFace, Wang et al. 2018): s (cos θ − m)."""

    def __init__(self, margin: float, scale: float) -> None:
        self.margin, self.scale = margin, scale

    def __call__(self, cosines: Tensor, labels: Tensor, norms: Tensor, ramp: float) -> Tensor:
        """Logits with the margin on each image's own identity."""
        moved = _own(cosines, labels) - self.margin * ramp
        return self.scale * cosines.scatter(1, labels[:, None], moved)


class AdaptiveMargin:
    """AdaFace's margin (Kim et al. 2022): its kind follows the feature norm, a proxy of quality.

    ĝ = clip((‖z‖ − μ) / (σ / h), −1, 1) with running μ and σ of the norms; logits are
    s (cos(θ − m ĝ) − (m ĝ + m)).
    """

    def __init__(
        self, margin: float, scale: float, h: float = 0.333, momentum: float = 0.01
    ) -> None:
        self.margin, self.scale, self.h, self.momentum = margin, scale, h, momentum
        self.mean, self.deviation = 20.0, 100.0

    def __call__(self, cosines: Tensor, labels: Tensor, norms: Tensor, ramp: float) -> Tensor:
        """Logits with the margin on each image's own identity."""
        safe = norms.detach().clamp(0.001, 100)
        self.mean += self.momentum * (float(safe.mean()) - self.mean)
        self.deviation += self.momentum * (float(safe.std()) - self.deviation)
        quality = torch.clamp((safe - self.mean) / (self.deviation + 1e-3) * self.h, -1, 1)
        margin = self.margin * ramp
        angle = torch.acos(_own(cosines, labels)) - margin * quality
        moved = torch.cos(torch.clamp(angle, 1e-3, torch.pi - 1e-3)) - margin * (quality + 1)
        return self.scale * cosines.scatter(1, labels[:, None], moved)


def _own(cosines: Tensor, labels: Tensor) -> Tensor:
    return cosines.gather(1, labels[:, None]).clamp(-1 + 1e-6, 1 - 1e-6)
