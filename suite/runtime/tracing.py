"""Running a network once more, with onnxruntime's profiler on, to see where its kernels run."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from suite.cards import OutputSpec, PreprocessSpec, ProviderCard
from suite.runtime.binding import image_input, noise
from suite.runtime.embedding import graph_batch
from suite.runtime.placement import Assignment, Run, assignment, read_profile
from suite.runtime.sessions import load

_RUNS = 5


def trace(
    path: Path,
    card: ProviderCard,
    outputs: OutputSpec,
    spec: PreprocessSpec,
    may_run_elsewhere: Sequence[str] = (),
) -> tuple[Assignment, Run]:
    """Where a network's nodes are put, and where its kernels run; a fallback is no error here.

    Parameters
    ----------
    may_run_elsewhere : op types that need not run on the provider

    Raises
    ------
    ModelError
        where onnxruntime cannot load the file.
    ProviderError
        where onnxruntime left the provider out, or does not say where nodes are.
    """
    with tempfile.TemporaryDirectory(prefix="face-quant-gate-") as folder:
        session = load(
            path, card, threads=card.threads.latency, profile_prefix=Path(folder) / "profile"
        )
        found = assignment(session, card, may_run_elsewhere)
        name, dtype = image_input(session, outputs.input)
        values = noise(spec.shape(graph_batch(session, outputs) or 1), dtype, 0)
        for _ in range(_RUNS):
            session.run(None, {name: values})
        return found, read_profile(Path(session.end_profiling()), card)
