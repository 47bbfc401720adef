"""Records of a large catalog, as like those of a run as time and size need."""

from collections.abc import Iterator, Sequence

from records import measured, record, row

from suite.catalog.gate import Gate
from suite.judging.record import Record

MODES = ("fp32", "int8_dynamic", "int8_static_qdq")
_PAIRS = {
    "accuracy": 0.98,
    "tar_at_far_1e-3": 0.8,
    "tar_at_far_1e-4": 0.7,
    "all_pairs_tar_at_far_1e-3": 0.9,
    "roc_auc": 0.99,
    "eer": 0.02,
}
_COSINES = {"cosine_mean": 0.99, "cosine_worst": 0.9}
# Numbers of as many digits as a quotient has.
_RAMP = [index / 197 for index in range(190)]
_CURVE = {
    "genuine": 1000,
    "impostors": 2000,
    "threshold": [3.9 * at for at in _RAMP],
    "fmr": _RAMP,
    "fnmr": _RAMP[::-1],
    "false_accepts": [1000 + index for index in range(190)],
    "false_rejects": [1000 - index for index in range(190)],
}
_SCORES = {
    "edges": [4 * index / 60 for index in range(61)],
    "genuine": [1000 + index for index in range(60)],
    "impostors": [2000 + index for index in range(60)],
}
_POINTS = [
    {
        **{"pairs": pairs, "far_target": target, "threshold": 1 / 7, "interval": (1 / 7, 1 / 3)},
        **{"impostors": 2000, "genuine": 1000, "false_accepts": 2, "false_rejects": 300},
    }
    for pairs in ("listed", "all")
    for target in (1e-3, 1e-4)
]
_SURE = {
    "drawn": "people",
    "units": 20,
    "intervals": {name: (value - 1 / 70, value + 1 / 70) for name, value in _PAIRS.items()},
    "changes": {name: {"point": 0.0, "low": -1 / 70, "high": 1 / 70} for name in _PAIRS},
}
_ROWS = [row(name, value=value, reference=value) for name, value in _PAIRS.items()] * 3


def _flips(number: int) -> list[dict[str, object]]:
    """Pairs of images of this model's own, so that names are as many as they would be."""
    return [
        {
            **{"pair": pair, "left": f"{number}/{pair}.jpg", "right": f"{number}/x{pair}.jpg"},
            **{"genuine": True, "fp32_distance": 1.0, "distance": 1.2, "own": True, "kept": True},
        }
        for pair in range(10)
    ]


def _close(number: int) -> dict[str, object]:
    images = [{"image": f"{number}/{index}.jpg", "cosine": 0.9} for index in range(10)]
    return {"images": 240, "quantile": (0.01, 0.5), "cosine": (0.9, 0.99), "worst": images}


def many_records(models: int, sets: int, modes: Sequence[str] = MODES) -> Iterator[Record]:
    """The records of so many models in some modes on so many sets each."""
    for number in range(models):
        model = f"model-{number}"
        for mode in modes:
            for gate in (Gate.ARTIFACT, Gate.BEHAVIOUR, Gate.PLACEMENT):
                figures = {"size_bytes": 1e6} if gate is Gate.ARTIFACT else {}
                yield record(gate, model=model, mode=mode, measured=measured(gate, figures=figures))
            for dataset in (f"set-{number}" for number in range(sets)):
                of = {"model": model, "mode": mode, "dataset": dataset}
                found = measured(
                    Gate.VERIFICATION,
                    dataset,
                    figures=_PAIRS,
                    reference=_PAIRS,
                    uncertainty=_SURE,
                    flips=() if mode == "fp32" else _flips(number),
                    curves={"listed": _CURVE, "all": _CURVE},
                    scores={"listed": _SCORES, "all": _SCORES},
                    thresholds=_POINTS,
                )
                yield record(Gate.VERIFICATION, **of, measured=found, rows=_ROWS)
                if mode != "fp32":
                    close = measured(
                        Gate.FIDELITY, dataset, figures=_COSINES, closeness=_close(number)
                    )
                    yield record(Gate.FIDELITY, **of, measured=close)
