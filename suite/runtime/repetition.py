"""The same image, run again in every way that a deployment runs it."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from suite.runtime.binding import BoundSession
from suite.runtime.embedding import run_network
from suite.runtime.network import Network

Floats = npt.NDArray[np.float32]
# Runs of each of two threads at a time: as many as take turns in every order.
_TURNS = 8


def repeated(
    network: Network,
    again: Callable[[], Network],
    bind: Callable[[ort.InferenceSession, tuple[int, ...]], BoundSession],
    images: Sequence[Floats],
) -> dict[str, float]:
    """How far the answers to the same images lie apart, by the way in which they were run again.

    Parameters
    ----------
    network : the network, loaded
    again : loads it once more
    bind : its session with inputs and outputs of a shape in bound memory
    images : two inputs of the network, float32, batch first, that differ

    Returns
    -------
    by way, the largest ‖a − b‖ / ‖a‖ over images and fetched outputs, flattened; 0 where all bits
    are the same

    Raises
    ------
    ModelError
        where the network cannot run or be loaded again, or gives one answer to different images
        from bound memory.
    """
    first = _answers(network, images)
    ways = {"run again": _answers(network, images), "loaded again": _answers(again(), images)}
    apart = {way: _apart(first, answers) for way, answers in ways.items()}
    threads = _by_two_threads(network, images)
    apart["by two threads at a time"] = max(_apart(first, answers) for answers in threads)
    bound = list(_from_bound_memory(network, bind(network.session, images[0].shape), images))
    apart["in bound memory, another between"] = _apart([*first, first[0]], bound)
    return apart


def _answers(network: Network, images: Sequence[Floats]) -> list[list[Floats]]:
    return [run_network(network, image) for image in images]


def _by_two_threads(network: Network, images: Sequence[Floats]) -> list[list[list[Floats]]]:
    """Each image run by a thread of its own, both at the same time, several times over."""
    with ThreadPoolExecutor(len(images)) as pool:
        return [
            list(pool.map(lambda image: run_network(network, image), images)) for _ in range(_TURNS)
        ]


def _from_bound_memory(
    network: Network, bound: BoundSession, images: Sequence[Floats]
) -> Iterator[list[Floats]]:
    """What the first image, the second and the first again get of the outputs that are fetched."""
    names = [port.name for port in network.session.get_outputs()]
    places = [names.index(name) for name in network.fetched]
    for image in (images[0], images[1], images[0]):
        answer = bound.answer(image.astype(network.dtype, copy=False))
        # The memory is overwritten by the next run.
        yield [np.array(answer[place], dtype=np.float32) for place in places]


def _apart(first: Sequence[Sequence[Floats]], second: Sequence[Sequence[Floats]]) -> float:
    pairs = [
        (a.astype(np.float64).ravel(), b.astype(np.float64).ravel())
        for some, others in zip(first, second, strict=True)
        for a, b in zip(some, others, strict=True)
    ]
    return max(float(np.linalg.norm(a - b) / (np.linalg.norm(a) or 1.0)) for a, b in pairs)
