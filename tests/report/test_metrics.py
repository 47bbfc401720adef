"""The flat file of figures."""

import json

from records import ENVIRONMENT
from reports import FP32, INT8

from suite.report.metrics import to_metrics
from suite.report.verdict import make_report


def document(*records) -> dict[str, float]:
    report = make_report(ENVIRONMENT, records, complete=True, require_all=False)
    return json.loads(to_metrics(report))


def test_each_figure_has_a_key_of_its_case() -> None:
    found = document(*FP32, *INT8)
    assert found["m.int8.lfw.tar_at_far_1e-3"] == 0.99
    assert found["m.int8.lfw.cosine_1st_percentile"] == 0.985
    assert found["m.int8.size_bytes"] == 2**20
    assert found["m.int8.batch1.speedup"] == 1.9
    assert found["m.fp32.nodes_elsewhere"] == 1


def test_gates_are_counted_without_a_point_in_the_key() -> None:
    found = document(*FP32, *INT8)
    assert (found["gates"], found["gates_pass"], found["gates_fail"]) == (7, 5, 1)
    assert (found["gates_undecided"], found["gates_not_compared"]) == (1, 0)


def test_it_is_flat_sorted_and_numbers_alone() -> None:
    found = document(*FP32, *INT8)
    assert list(found) == sorted(found)
    assert all(isinstance(value, int | float) for value in found.values())
    assert document(*INT8, *FP32) == found
