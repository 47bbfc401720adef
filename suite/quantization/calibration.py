"""Calibration: the faces that a static recipe sees, one batch at a time."""

from collections.abc import Iterable, Iterator, Sequence
from math import ceil

import numpy as np
import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader

from suite.catalog.errors import ArtifactError
from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import prepare
from suite.quantization.artifact import Ingredients


def face_reader(
    inputs: Iterable[onnx.ValueInfoProto], ingredients: Ingredients, most: int | None = None
) -> "FaceReader":
    """A reader of a recipe's calibration faces for a network's image input.

    Parameters
    ----------
    inputs : the network's inputs, without weights
    most : how many faces are read at most, evenly spaced; None: all

    Raises
    ------
    ArtifactError
        where there are no calibration faces, or the image input is not to be told.
    """
    calibration = ingredients.calibration
    if calibration is None or not calibration.faces:
        raise ArtifactError(
            "a static recipe needs calibration faces: name a calibration set in the model's card "
            "or bring the artifact."
        )
    images = _image_input(inputs, ingredients.outputs.input)
    tensor = images.type.tensor_type
    batch = max(1, int(tensor.shape.dim[0].dim_value)) if tensor.shape.dim else 1
    kind = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    every = ceil(len(calibration.faces) / most) if most else 1
    return FaceReader(calibration.faces[::every], ingredients.preprocess, images.name, batch, kind)


def _image_input(inputs: Iterable[onnx.ValueInfoProto], name: str | None) -> onnx.ValueInfoProto:
    """The input that the card names, or the only one."""
    found: dict[str, onnx.ValueInfoProto] = {value.name: value for value in inputs}
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name is None:
        raise ArtifactError(
            f"the model has inputs {list(found)}: name one in the card's outputs.input."
        )
    if name not in found:
        raise ArtifactError(
            f"the model has no input {name!r} but {list(found)}: correct the card's outputs.input."
        )
    return found[name]


class FaceReader(CalibrationDataReader):  # type: ignore[misc]
    """Feeds prepared faces to onnxruntime's calibrator, ``batch`` images at a time."""

    def __init__(
        self,
        faces: Sequence[Face],
        spec: PreprocessSpec,
        input_name: str,
        batch: int,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        self._batches = self._read(faces, spec, input_name, batch, dtype)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next batch by input name, or None after the last."""
        return next(self._batches, None)

    @staticmethod
    def _read(
        faces: Sequence[Face],
        spec: PreprocessSpec,
        input_name: str,
        batch: int,
        dtype: npt.DTypeLike,
    ) -> Iterator[dict[str, np.ndarray]]:
        for start in range(0, len(faces), batch):
            chunk = list(faces[start : start + batch])
            # A graph with a fixed batch needs it full; a repeated image changes no range.
            chunk += [chunk[-1]] * (batch - len(chunk))
            images = [decode(face.read(), face.name) for face in chunk]
            yield {input_name: prepare(images, spec).astype(dtype, copy=False)}
