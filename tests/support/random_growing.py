"""A graph at random in the making, to which blocks and heads add nodes."""

from collections.abc import Sequence

import numpy as np

from tests.support.qdq_net import Made


class Growing(Made):
    """A graph that grows from its last tensor, whose channels and sides it knows."""

    def __init__(self, seed: int, image: tuple[int, int, int]) -> None:
        super().__init__(image)
        self.rng = np.random.default_rng(seed)
        self.at, (self.channels, *self.sides) = "x", image
        self.outputs: list[str] = []
        self.named = 0
        self.batch_may_vary = True

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def pick(self, *options: int) -> int:
        return int(self.rng.choice(options))

    def name(self) -> str:
        self.named += 1
        return f"t{self.named}"

    def value(self, values: np.ndarray | Sequence[float] | float, dtype: type = np.float32) -> str:
        return self.held(f"w{len(self.weights)}", values, dtype)

    def then(self, op_type: str, *more: str, **said: object) -> str:
        """A node behind the last tensor, which its output becomes."""
        self.at = self.op(op_type, [self.at, *more], self.name(), **said)
        return self.at

    def add_conv(self, outputs: int, kernel: int, group: int = 1, stride: int = 1) -> None:
        """A Conv with a border, or none, of any kind."""
        inputs = self.channels // group
        shape = (outputs, inputs, kernel, kernel)
        weights = [self.value(self.rng.normal(0, (inputs * kernel**2) ** -0.5, shape))]
        if self.chance(0.7):
            weights.append(self.value(self.rng.normal(0, 0.3, outputs)))
        border, sides = self._border(kernel, stride)
        self.then("Conv", *weights, group=group, strides=[stride] * 2, **border)
        self.channels, self.sides = outputs, sides

    def _border(self, kernel: int, stride: int) -> tuple[dict[str, object], list[int]]:
        kinds = ["around", "around", "uneven", "SAME_UPPER", "SAME_LOWER"]
        if min(self.sides) >= kernel:
            kinds += ["none", "VALID", "said"]
        kind = str(self.rng.choice(kinds))
        if kind.startswith("SAME"):
            return {"auto_pad": kind}, [-(-side // stride) for side in self.sides]
        pads = [kernel // 2] * 4 if kind == "around" else [0] * 4
        if kind == "uneven":
            pads = [kernel // 2, kernel - 1, kernel - 1, 0]
        said: dict[str, object] = {"pads": pads} if kind in ("around", "uneven", "said") else {}
        if kind == "VALID":
            said["auto_pad"] = kind
        reach = [side + pads[i] + pads[i + 2] - kernel for i, side in enumerate(self.sides)]
        return said, [size // stride + 1 for size in reach]

    def by_channel(self, values: np.ndarray) -> str:
        return self.value(values.reshape(-1, 1, 1))
