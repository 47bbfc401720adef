"""A session's inputs and outputs, found by the names that a card gives them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime as ort

from suite.catalog.errors import ModelError

# The types that an image input may have, as onnxruntime names them.
_IMAGE_TYPES: dict[str, type[np.generic]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
    "tensor(int16)": np.int16,
    "tensor(uint16)": np.uint16,
}


def find_port(ports: Sequence[Any], name: str | None, key: str) -> Any:
    """The input or output that the card names, or the only one.

    Parameters
    ----------
    ports : a session's inputs or outputs
    name : what the card says in ``outputs.<key>``; None where it says nothing

    Raises
    ------
    ModelError
        where there is none of that name, or several and none is named.
    """
    if name is None and len(ports) == 1:
        return ports[0]
    for port in ports:
        if port.name == name:
            return port
    what = "is not given" if name is None else f"= {name!r}"
    raise ModelError(
        f"outputs.{key} {what}: the network has {port_names(ports)}; name one of them in the card."
    )


def port_names(ports: Sequence[Any]) -> str:
    """The names of inputs or outputs, for messages."""
    return ", ".join(repr(port.name) for port in ports)


def image_type(port: Any) -> type[np.generic]:
    """The type of an image input's values.

    Raises
    ------
    ModelError
        where it is of another type than an image has.
    """
    if port.type not in _IMAGE_TYPES:
        raise ModelError(
            f"outputs.input: the network's input {port.name!r} is a {port.type} and must be one "
            f"of {', '.join(_IMAGE_TYPES)}; export the model with a float32 input."
        )
    return _IMAGE_TYPES[port.type]


def image_input(session: ort.InferenceSession, name: str | None) -> tuple[str, type[np.generic]]:
    """The name and type of a network's image input; the only one, where no name is given.

    Raises
    ------
    ModelError
        where there is no such input, or it is of another type than an image has.
    """
    port = find_port(session.get_inputs(), name, "input")
    return str(port.name), image_type(port)
