"""Records with all that a report draws, of made scores."""

from collections.abc import Iterator

import numpy as np
from records import measured, record

from suite.catalog.gate import Gate
from suite.gates.drawn import QUANTILES
from suite.judging.record import Record
from suite.verification.curves import error_curve, score_histogram
from suite.verification.roc import Roc

MODES = ("fp32", "int8_dynamic", "int8_static_qdq")
GENUINE, IMPOSTORS = 3_000, 30_000


def drawn_records(
    models: int = 1, sets: int = 1, modes: tuple[str, ...] = MODES, image: str = "name-{}"
) -> Iterator[Record]:
    """The records of so many models on so many sets; ``image`` is what its images are called."""
    for model in (f"model-{number}" for number in range(models)):
        for place, mode in enumerate(modes):
            of = {"model": model, "mode": mode}
            size = {"size_bytes": 4e6 / (1 + (place > 0) * 3)}
            yield record(measured=measured(Gate.ARTIFACT, figures=size), **of)
            timed = {"latency_ms": 10.0 / (1 + place), "latency_p90_ms": 12.0}
            yield record(
                Gate.LATENCY,
                **of,
                measured=measured(
                    Gate.LATENCY,
                    identity={"batch": 1, "threads": 1},
                    figures={"speedup": 1.0 + place} if place else {},
                    intervals={"speedup": (0.9 + place, 1.1 + place)} if place else {},
                    observed=timed,
                ),
            )
            for dataset in (f"set-{number}" for number in range(sets)):
                yield _verification(place, dataset, image, of)
                if place:
                    yield _fidelity(place, dataset, image, of)


def roc(place: int) -> Roc:
    """Squared distances of genuine and impostor pairs, worse with each mode."""
    draw = np.random.default_rng(place)
    genuine = np.clip(draw.normal(0.6 + 0.02 * place, 0.25, GENUINE), 0, 4)
    impostors = np.clip(draw.normal(2.0, 0.3, IMPOSTORS), 0, 4)
    return Roc.of(np.concatenate([genuine, impostors]), [1] * GENUINE + [0] * IMPOSTORS)


def _verification(place: int, dataset: str, image: str, of: dict[str, str]) -> Record:
    found, fp32 = roc(place), roc(0)
    curve, scores = error_curve(found), score_histogram(found)
    point, kept = found.tar_at_far(1e-3), fp32.tar_at_far(1e-3).threshold
    figures = {"accuracy": 0.99, "tar_at_far_1e-3": point.tar}
    counts = curve.false_accepts, curve.false_rejects
    flip = {
        **{"pair": 7, "left": image.format("left"), "right": image.format("right")},
        **{"genuine": True, "fp32_distance": 0.9, "distance": 1.1, "own": True, "kept": False},
    }
    drawn = {
        "curves": {
            "listed": {
                "genuine": GENUINE,
                "impostors": IMPOSTORS,
                "threshold": curve.thresholds.tolist(),
                "fmr": (counts[0] / IMPOSTORS).tolist(),
                "fnmr": (counts[1] / GENUINE).tolist(),
                "false_accepts": counts[0].tolist(),
                "false_rejects": counts[1].tolist(),
            }
        },
        "scores": {
            "listed": {
                "edges": scores.edges.tolist(),
                "genuine": scores.genuine.tolist(),
                "impostors": scores.impostors.tolist(),
            }
        },
        "thresholds": [
            {
                "pairs": "listed",
                "far_target": 1e-3,
                "threshold": point.threshold,
                "impostors": IMPOSTORS,
                "genuine": GENUINE,
                "false_accepts": point.false_accepts,
                "false_rejects": round((1 - point.tar) * GENUINE),
                "set_by": [
                    {
                        **{"left": image.format("a"), "right": image.format("b")},
                        **{"distance": point.threshold, "accepted": False},
                    },
                ],
                "kept": {"threshold": kept, "false_accepts": 20, "false_rejects": 40}
                if place
                else None,
            }
        ],
        "uncertainty": {
            "drawn": "people",
            "units": 100,
            "intervals": {"tar_at_far_1e-3": (point.tar - 0.01, point.tar + 0.005)},
        },
    }
    beside = {"reference": figures, "flips": [flip]} if place else {}
    found_all = measured(Gate.VERIFICATION, dataset, figures=figures, **drawn, **beside)
    return record(
        Gate.VERIFICATION,
        dataset=dataset,
        measured=found_all,
        hashes={"source": "a" * 64, "dataset": "b" * 64},
        **of,
    )


def _fidelity(place: int, dataset: str, image: str, of: dict[str, str]) -> Record:
    cosines = 1 - np.linspace(0.002 * place, 0.0001, 500)
    return record(
        Gate.FIDELITY,
        dataset=dataset,
        measured=measured(
            Gate.FIDELITY,
            dataset,
            figures={"cosine_mean": float(cosines.mean()), "cosine_worst": float(cosines[0])},
            observed={"cosine_1st_percentile": float(np.quantile(cosines, 0.01))},
            closeness={
                "images": 500,
                "quantile": QUANTILES,
                "cosine": np.quantile(cosines, QUANTILES).tolist(),
                "worst": [
                    {"image": image.format(i), "cosine": float(cosines[i])} for i in range(10)
                ],
            },
        ),
        **of,
    )
