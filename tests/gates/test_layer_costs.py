"""Large networks are weighed on fewer faces, small ones on as many as order their layers."""

import pytest

from suite.gates.layer_costs import faces_for
from suite.quantization.sensitivity.units import Unit


@pytest.mark.parametrize(
    ("layers", "products", "faces"),
    [(50, 4_000_000, 32), (10, 200_000_000, 32), (54, 50_000_000, 23), (54, 117_000_000, 16)],
)
def test_so_many_faces_as_keep_to_the_time(layers: int, products: int, faces: int) -> None:
    units = [Unit(f"layer{at}", (f"t{at}",), products) for at in range(layers)]
    assert faces_for(units, mirrored=False) == faces
    assert faces_for(units, mirrored=True) == faces // 2


def test_shapes_that_are_not_known_cost_nothing() -> None:
    assert faces_for([Unit("layer", ("t",), 0)], mirrored=False) == 32
