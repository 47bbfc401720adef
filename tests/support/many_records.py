"""Records of a large catalog, as like those of a run as time and size need."""

from collections.abc import Iterator

from records import measured, record

from suite.catalog.gate import Gate
from suite.judging.record import Record

MODES = ("fp32", "int8_dynamic", "int8_static_qdq")
_PAIRS = {"accuracy": 0.98, "tar_at_far_1e-3": 0.8, "all_pairs_tar_at_far_1e-3": 0.9}
_COSINES = {"cosine_mean": 0.99, "cosine_worst": 0.9}
_RAMP = [index / 200 for index in range(200)]
_CURVE = {
    "genuine": 1000,
    "impostors": 2000,
    "threshold": [4 * at for at in _RAMP],
    "fmr": _RAMP,
    "fnmr": _RAMP[::-1],
    "false_accepts": list(range(200)),
    "false_rejects": list(range(200))[::-1],
}


def many_records(models: int, sets: int) -> Iterator[Record]:
    """The records of so many models in `MODES` on so many sets each."""
    for model in (f"model-{number}" for number in range(models)):
        for mode in MODES:
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
                    curves={"listed": _CURVE},
                )
                yield record(Gate.VERIFICATION, **of, measured=found)
                if mode != "fp32":
                    close = measured(Gate.FIDELITY, dataset, figures=_COSINES)
                    yield record(Gate.FIDELITY, **of, measured=close)
