"""Networks tried in a process of their own: loaded, held against their card, and run on charts.

``python -m suite.runtime.trial`` answers a trial with what is wrong, or nothing.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from suite.catalog.errors import ModelError, SuiteError
from suite.catalog.model_card import Feeding, OutputSpec
from suite.catalog.preprocess import PreprocessSpec
from suite.catalog.provider_card import ProviderCard
from suite.datasets.face import Face
from suite.runtime.child import Answer, ask, serve
from suite.runtime.embedding import embed
from suite.runtime.network import Flip, check_network, graph_batch
from suite.runtime.sessions import load


@dataclass(frozen=True)
class Trial:
    """A network to be tried, as its card says that it is fed; of its charts two at least."""

    path: Path
    provider: ProviderCard
    feeding: Feeding
    flip: Flip
    charts: tuple[Face, ...]


@dataclass(frozen=True)
class Finding:
    """What is wrong with a network, in a sentence; ``of_card``: keys of its card may mend it."""

    problem: str
    of_card: bool = False


class _NotAsFed(ModelError):
    """A network that its card feeds otherwise than it wants."""


def try_networks(trials: Sequence[Trial]) -> list[Finding | None]:
    """What is wrong with each network; None where nothing is.

    A network that crashes its process costs no other one its trial.
    """
    answers = ask("suite.runtime.trial", [_question(trial) for trial in trials])
    return [_finding(trial, answer) for trial, answer in zip(trials, answers, strict=True)]


def _finding(trial: Trial, answer: Answer) -> Finding | None:
    if answer.problem:
        words = f"cannot be loaded and run in a process of its own: {answer.problem}"
        return Finding(f"{trial.path}: {words}")
    return Finding(**answer.value) if answer.value else None


def _question(trial: Trial) -> dict[str, object]:
    return {
        "path": str(trial.path),
        "provider": trial.provider.model_dump(mode="json")
        | {"card_file": str(trial.provider.card_file)},
        "spec": trial.feeding.spec.model_dump(mode="json"),
        "outputs": trial.feeding.outputs.model_dump(mode="json"),
        "flip": trial.flip,
        "charts": [b64encode(chart.read()).decode() for chart in trial.charts],
    }


def _try(question: dict[str, Any]) -> dict[str, object] | None:
    charts = [Face.held("a chart", b64decode(chart)) for chart in question["charts"]]
    spec = PreprocessSpec.model_validate(question["spec"], strict=False)
    outputs = OutputSpec.model_validate(question["outputs"], strict=False)
    card = ProviderCard.model_validate(question["provider"], strict=False)
    path = Path(question["path"])
    if card.memory == "cuda":
        ort.preload_dlls()
    try:
        session = load(path, card, threads=1)
        try:
            check_network(session, spec, outputs, question["flip"])
        except ModelError as error:
            raise _NotAsFed(error.what) from None
        _run(session, charts, spec, outputs, question["flip"])
    except SuiteError as error:
        said = str(error) if error.where else f"{path}: {error.what}"
        return asdict(Finding(said, isinstance(error, _NotAsFed)))
    return None


def _run(
    session: ort.InferenceSession,
    charts: Sequence[Face],
    spec: PreprocessSpec,
    outputs: OutputSpec,
    flip: Flip,
) -> None:
    """Embed the charts one by one, and two at once where the graph takes any batch."""

    def run(batch: int, fed: PreprocessSpec = spec) -> np.ndarray:
        return embed(session, charts, fed, outputs, flip, batch)

    try:
        rows = run(1)
    except ModelError as error:
        other = spec.model_copy(update={"layout": "NHWC" if spec.layout == "NCHW" else "NCHW"})
        try:
            run(1, other)
        except ModelError:
            raise error from None
        raise _NotAsFed(
            f"{error.what.rstrip('.')}; with layout = {other.layout!r} it runs."
        ) from None
    broken = (~np.isfinite(rows)).any(axis=1)
    if broken.any():
        raise ModelError(
            "gives NaN or infinity for a colour chart; see mean, std and scale, or export it again."
        )
    if (rows == 0).all(axis=1).any():
        raise ModelError("gives an embedding of zeros for a colour chart; export it again.")
    if all(np.array_equal(rows[0], row) for row in rows[1:]):
        raise ModelError(
            "gives different charts the same embedding, so that it knows nobody; see the output "
            "that the card names, or export it again."
        )
    if graph_batch(session, outputs) is None:
        try:
            run(2)
        except ModelError as error:
            raise ModelError(
                f"takes any batch as its shape says, and not two images: {error.what}"
            ) from None


if __name__ == "__main__":
    serve(_try)
