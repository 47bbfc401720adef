"""Inputs and outputs found by the names that a card gives them."""

from dataclasses import dataclass

import numpy as np
import pytest

from suite.catalog.errors import ModelError
from suite.runtime.ports import image_input


@dataclass
class Port:
    name: str
    type: str = "tensor(float)"


class Session:
    def __init__(self, *ports: Port) -> None:
        self._ports = ports

    def get_inputs(self) -> list[Port]:
        return list(self._ports)


def test_the_only_input_needs_no_name() -> None:
    assert image_input(Session(Port("images")), None) == ("images", np.float32)


def test_a_named_input_is_found_wherever_it_is() -> None:
    session = Session(Port("threshold"), Port("images", "tensor(uint8)"))
    assert image_input(session, "images") == ("images", np.uint8)


@pytest.mark.parametrize(
    ("name", "said"),
    [(None, "outputs.input is not given"), ("data", "outputs.input = 'data'")],
)
def test_an_input_that_is_not_to_be_told_is_refused(name: str | None, said: str) -> None:
    session = Session(Port("threshold"), Port("images"))
    with pytest.raises(ModelError) as caught:
        image_input(session, name)
    assert str(caught.value) == (
        f"{said}: the network has 'threshold', 'images'; name one of them in the card."
    )


def test_an_input_that_takes_no_images_is_refused() -> None:
    with pytest.raises(ModelError, match=r"'images' is a tensor\(int64\) and must be one of"):
        image_input(Session(Port("images", "tensor(int64)")), None)
