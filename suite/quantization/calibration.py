"""Calibration: the faces that a static recipe sees, one batch at a time."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from onnxruntime.quantization import CalibrationDataReader

from suite.catalog.preprocess import PreprocessSpec
from suite.datasets.face import Face
from suite.datasets.images.decoder import decode
from suite.datasets.preprocessing import prepare


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
