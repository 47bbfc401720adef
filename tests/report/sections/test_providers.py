"""Providers side by side: which rows there are, and what is under each provider."""

from records import ENVIRONMENT, measured, record
from reports import FIGURES, FP32, INT8

from suite.catalog.gate import Gate
from suite.judging.outcome import Outcome
from suite.judging.record import Record
from suite.report.backend import Backends
from suite.report.fp32_apart import fp32_apart
from suite.report.model import Report
from suite.report.sections.providers import apart_in_words, providers
from suite.report.verdict import make_report

OPENVINO = {"provider": "openvino", "profile": "openvino-avx2"}
CHARTS = {"tensor": (0.5,), "embedding": (0.6, 0.8), "size": (2.0, 2.0)}


def fingerprint(model: str = "m", **samples: tuple[float, ...]) -> Record:
    found = measured(Gate.FINGERPRINT, samples=CHARTS | samples)
    return record(Gate.FINGERPRINT, model=model, measured=found)


def elsewhere(*records: Record) -> list[Record]:
    return [each.model_copy(update=OPENVINO) for each in records]


def report(*records: Record) -> Report:
    return make_report(ENVIRONMENT, records, complete=True, require_all=False)


def table(*records: Record) -> dict[tuple[str, str], list[str]]:
    """By mode and figure the cells of the providers."""
    lines = [line for line in providers(report(*records)) if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {(mode, figure): rest for _, mode, figure, *rest in cells}


def test_a_report_of_one_provider_has_no_such_section() -> None:
    assert providers(report(*FP32, *INT8)) == []


def test_each_figure_stands_under_its_provider() -> None:
    slower = measured(
        Gate.LATENCY,
        figures={"speedup": 1.2},
        identity={"batch": 1, "threads": 1},
        observed={"latency_ms": 4.0},
        intervals={"speedup": (1.1, 1.3)},
    )
    theirs = [*FP32, INT8[0], INT8[1], INT8[3].model_copy(update={"measured": slower})]
    found = table(*FP32, *INT8, *elsewhere(*theirs))
    assert found["Mode", "Figure"] == ["cpu", "openvino"]
    assert found["fp32", "TAR@FAR=1e-3, lfw"] == ["0.9900", "0.9900"]
    assert found["int8", "TAR@FAR=1e-3, lfw"] == ["0.9900 (+0.0000)"] * 2
    near = found["int8", "cosine to FP32, 1st percentile, lfw"]
    assert near == ["0.9850", "–"]
    assert found["int8", "latency p50, ms"] == ["2.50", "4.00"]
    assert found["int8", "speed-up over FP32 (95 %)"] == [
        "1.90 × (1.80 … 2.00)",
        "1.20 × (1.10 … 1.30)",
    ]
    assert found["int8", "size, MiB"] == ["1.00", "1.00"]
    assert found["int8", "outcome"] == ["FAIL: verification; undecided: latency"] * 2
    assert ("int8", "speed-up over fp32_prepared (95 %)") not in found
    assert ("fp32", "charts, cosine") not in found


def test_a_mode_that_one_provider_never_runs_says_so() -> None:
    never = record(outcome=Outcome.NOT_APPLICABLE, mode="int8")
    found = table(*FP32, *INT8, *elsewhere(*FP32, never))
    assert found["int8", "outcome"][1] == "not applicable: artifact"
    assert found["int8", "TAR@FAR=1e-3, lfw"][1] == "–"


def test_fp32_is_held_against_that_of_the_first_provider() -> None:
    found = table(fingerprint(), *elsewhere(fingerprint(embedding=(0.6, 0.8 + 1e-6))))
    assert found["fp32", "charts, cosine"] == ["–", "1.0000000"]
    assert found["fp32", "charts, largest difference"] == ["–", "1.0e-06"]
    assert not [figure for _, figure in found if "as they are fed" in figure]


def test_charts_that_are_fed_otherwise_are_said() -> None:
    found = table(fingerprint(), *elsewhere(fingerprint(tensor=(0.25,))))
    (label,) = [figure for _, figure in found if "as they are fed" in figure]
    assert found["fp32", label] == ["–", "2.5e-01"]


def test_a_set_is_compared_with_itself() -> None:
    """The worst set of each provider may be another: figures of one row are of one set."""
    on_cfp = measured(Gate.VERIFICATION, "cfp", figures={**FIGURES, "tar_at_far_1e-3": 0.5})
    more = record(Gate.VERIFICATION, mode="int8", dataset="cfp", measured=on_cfp)
    found = table(*FP32, *INT8, *elsewhere(*FP32, *INT8, more))
    assert found["int8", "TAR@FAR=1e-3, cfp"] == ["–", "0.5000"]
    assert found["int8", "TAR@FAR=1e-3, lfw"] == ["0.9900 (+0.0000)"] * 2


def test_models_of_one_provider_alone_have_no_row() -> None:
    alone = [each.model_copy(update={"model": "alone"}) for each in FP32]
    lines = providers(report(*alone, *elsewhere(*FP32)))
    assert lines[2] == "No model was run on more than one of them."
    both = providers(report(*alone, *FP32, *elsewhere(*FP32)))
    assert not [line for line in both if "alone" in line]


def test_the_source_is_called_by_its_name() -> None:
    halves = [each.model_copy(update={"precision": "float16"}) for each in FP32]
    found = table(*halves, *elsewhere(*halves))
    assert ("float16 source", "size, MiB") in found


def test_the_farthest_model_is_named_in_a_sentence() -> None:
    records = [
        *(fingerprint(model) for model in "mn"),
        *elsewhere(fingerprint("m"), fingerprint("n", embedding=(0.8, 0.6))),
    ]
    (said,) = apart_in_words(fp32_apart(records), Backends(records).names)
    assert said == (
        "FP32 by openvino and by cpu, on fixed charts: cosine 0.9600000, components apart by at "
        "most 2.0e-01 (n, the farthest of 2 models)"
    )
