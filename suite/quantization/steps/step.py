"""What a step of a recipe is: a pure function of a network, which says how much it changed."""

from collections.abc import Callable
from dataclasses import dataclass

from suite.quantization.shapes import Shapes
from suite.quantization.steps.net import Net


@dataclass(frozen=True)
class Rewritten:
    """What came of a step.

    Attributes
    ----------
    net : the rewritten network; the one that the step was given is as it was
    places : how many places it changed; 0 where there was nothing for it to do
    """

    net: Net
    places: int


# An exact step: the network computes the same afterwards. It is given the shapes of the tensors,
# fed one image at a time, of which some may be unknown, and leaves alone what it does not know.
Rewrite = Callable[[Net, Shapes], Rewritten]
