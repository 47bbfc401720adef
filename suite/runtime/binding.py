"""A session whose inputs and outputs stay in the device's memory, ready to be timed."""

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from suite.catalog.errors import ModelError
from suite.runtime.ports import image_input
from suite.runtime.running import cannot_run, running

Values = npt.NDArray[np.generic]


class BoundSession:
    """A session bound to fixed addresses; called, it runs once and copies nothing.

    Parameters
    ----------
    session : the network, loaded
    input_name : its image input; None where it is the only one
    shape : of the input, batch first
    memory, device_id : where inputs and outputs lie, as `onnxruntime.OrtValue` names them

    Raises
    ------
    ModelError
        where the input is no image tensor, the network cannot run, or another image gives the same
        answer.
    """

    def __init__(
        self,
        session: ort.InferenceSession,
        input_name: str | None,
        shape: tuple[int, ...],
        memory: str = "cpu",
        device_id: int = 0,
    ) -> None:
        name, dtype = image_input(session, input_name)
        self._shape = shape
        self._session = session
        self._images = [noise(shape, dtype, seed) for seed in (0, 1)]
        # In host memory an OrtValue is a view of the array that it is made of.
        own = self._images[0].copy()
        with running(shape):
            self._input = ort.OrtValue.ortvalue_from_numpy(own, memory, device_id)
            self._binding = session.io_binding()
            self._binding.bind_ortvalue_input(name, self._input)
            outputs = [port.name for port in session.get_outputs()]
            for name in outputs:
                self._binding.bind_output(name, memory, device_id)
            self()
            # From here on the outputs keep their addresses, which a CUDA graph needs.
            self._outputs = self._binding.get_outputs()
            for name, value in zip(outputs, self._outputs, strict=True):
                self._binding.bind_ortvalue_output(name, value)
            self._refuse_one_answer()

    def __call__(self) -> None:
        """Run once; the answer is there when this returns."""
        try:
            self._session.run_with_iobinding(self._binding)
        except Exception as error:  # a context manager here would be in every time
            raise cannot_run(self._shape, error) from None

    def with_copies(self) -> None:
        """Run once on an image copied from the host, and copy the answer back."""
        self.answer(self._images[0])

    def answer(self, image: Values) -> list[Values]:
        """What the network answers to an image."""
        self._input.update_inplace(image)
        self()
        return [value.numpy() for value in self._outputs]

    def _refuse_one_answer(self) -> None:
        # A CUDA graph may give the first image's answer for ever (onnxruntime#20050).
        # The binding's memory is overwritten by the next run.
        second, first = (self.answer(image)[0].copy() for image in reversed(self._images))
        if np.isfinite(first).all() and np.array_equal(first, second):
            raise ModelError(
                "two different images get the same answer from bound memory, so that neither its "
                "times nor its embeddings mean anything; measure without cuda_graph_option, or "
                "mend the model."
            )


def noise(shape: tuple[int, ...], dtype: type[np.generic], seed: int) -> Values:
    """A fixed image: normal noise, for integers uniform over all that the type holds."""
    rng = np.random.default_rng(seed)
    if issubclass(dtype, np.integer):
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    return rng.standard_normal(shape).astype(dtype)
